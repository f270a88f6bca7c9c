"""The incidents of a model: ``pk = MODEL#<model>``, ``sk = INCIDENT#<id>``, written once; and their OpsItems."""

import json
from typing import Any, Self

from botocore.config import Config

from sluice.aws import table as state
from sluice.aws.client import connect
from sluice.domain.incident import Incident

_INCIDENT = "INCIDENT#"
_MOST_LISTED = 50
_LONGEST_TITLE = 1024
_LONGEST_DESCRIPTION = 2048


class Incidents:
    """Reads and writes incidents."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def connect(cls, table: str) -> Self:
        """In the environment's region."""
        return cls(state.patient_client(), table=table)

    def put(self, incident: Incident) -> bool:
        """Write an incident; whether it was new. One of that id that is there already stays as it is."""
        try:
            self._client.put_item(TableName=self._table, Item=item(incident), ConditionExpression=NEW)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, model: str, incident_id: str) -> Incident | None:
        """One incident, or None."""
        key = state.key(f"MODEL#{model}", f"{_INCIDENT}{incident_id}")
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return Incident.from_dict(state.read(found)) if found else None

    def list(self, model: str) -> list[Incident]:
        """The newest 50, newest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :model AND begins_with(sk, :incident)",
            ExpressionAttributeValues={":model": {"S": f"MODEL#{model}"}, ":incident": {"S": _INCIDENT}},
            ScanIndexForward=False,
            Limit=_MOST_LISTED,
        )
        return [Incident.from_dict(state.read(found)) for found in answer["Items"]]


NEW = "attribute_not_exists(pk)"


def item(incident: Incident) -> dict[str, Any]:
    """An incident as it lies in the table."""
    key = state.key(f"MODEL#{incident.model}", f"{_INCIDENT}{incident.id}")
    return {**key, "document": state.document(incident.to_dict())}


class OpsItems:
    """Systems Manager's OpsItems, for those who work with them.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/OpsCenter-working-deduplication.html
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """In the environment's region."""
        return cls(connect("ssm", Config(connect_timeout=2, read_timeout=5)))

    def open(self, incident: Incident) -> None:
        """Make an OpsItem of an incident, unless there is one: an open one with the same ``dedupString``."""
        dedup = json.dumps({"dedupString": f"sluice {incident.model} {incident.id}"})
        described = f"{incident.what_changed}\n\nSee it again: {incident.replay}\nDecided by {incident.decided_by}."
        try:
            self._client.create_ops_item(
                Title=incident.title[:_LONGEST_TITLE],
                Description=described[:_LONGEST_DESCRIPTION],
                Source="sluice",
                Category="Availability",
                Severity="2",
                OperationalData={"/aws/dedup": {"Value": dedup, "Type": "SearchableString"}},
            )
        except self._client.exceptions.OpsItemAlreadyExistsException:
            return

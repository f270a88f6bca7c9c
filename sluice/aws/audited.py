"""Records and their audit in DynamoDB: a record and the line that tells of its change are written as one.

``pk = MODEL#<model>``, ``sk = <KIND>#<id>``: the record, every write conditional on the revision read.
``pk = <KIND>#<model>#<id>``, ``sk = EVENT#000001`` …: the audit, only ever added to.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from sluice.aws import incidents
from sluice.aws import table as state
from sluice.aws.lease import lease_key
from sluice.domain.errors import StaleWrite
from sluice.domain.incident import Incident
from sluice.domain.rollout.decision import Entry, EntryKind

_EVENT = "EVENT#"
_Record = TypeVar("_Record")


class Audited(Generic[_Record]):
    """Reads and writes the records of one kind. A subclass says what a record is and how it is stored."""

    KIND: str
    """What the keys begin with; its lower case names it in errors."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def connect(cls, table: str) -> Self:
        """In the environment's region."""
        return cls(state.patient_client(), table=table)

    def recent(self, model: str, limit: int = 20) -> list[_Record]:
        """The newest, newest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :model AND begins_with(sk, :kind)",
            ExpressionAttributeValues={":model": {"S": f"MODEL#{model}"}, ":kind": {"S": f"{self.KIND}#"}},
            ScanIndexForward=False,
            Limit=limit,
            ConsistentRead=True,
        )
        return [self._from_form(state.read(item)) for item in answer["Items"]]

    def get(self, model: str, record_id: str) -> _Record | None:
        """One record, or None."""
        item = self._item(self._key(model, record_id))
        return self._from_form(state.read(item)) if item else None

    def audit(self, model: str, record_id: str) -> list[Entry]:
        """Everything that happened, in order."""
        return [_entry(item) for item in self._every(f"{self.KIND}#{model}#{record_id}", _EVENT)]

    def _every(self, pk: str, prefix: str) -> Iterator[Any]:
        """All items of a partition whose sort keys begin so, in order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def _from_form(self, form: Mapping[str, Any]) -> _Record:
        raise NotImplementedError

    def _write(
        self, form: Mapping[str, Any], entry: Entry | None, incident: Incident | None, fence: int | None
    ) -> None:
        """Write a form, whose revision is one above the one that was read. Raises StaleWrite."""
        model, record_id = form["model"], form["id"]
        key = self._key(model, record_id)
        item = {**key, "revision": state.number(form["revision"]), "document": state.document(form)}
        told = {} if entry is None else self._event(form, entry)
        try:
            self._client.transact_write_items(TransactItems=list(self._items(item, told, incident, fence)))
        except self._client.exceptions.TransactionCanceledException as cancelled:
            # The SDK repeats a write whose answer was lost: what stands there may be its own.
            there = self._item(key)
            if there is None or there["document"] != item["document"]:
                raise StaleWrite(
                    f"{self.KIND.lower()} {record_id} of {model} was changed by somebody else"
                ) from cancelled

    def _items(
        self, item: dict[str, Any], told: dict[str, Any], incident: Incident | None, fence: int | None
    ) -> Iterator[dict[str, Any]]:
        revision = int(item["revision"]["N"])
        if revision == 1:
            yield self._put(item)
        else:
            read = {":read": state.number(revision - 1)}
            yield self._put(item, ConditionExpression="revision = :read", ExpressionAttributeValues=read)
        if told:
            yield self._put(told)
        if incident is not None:
            yield self._put(incidents.item(incident))
        if fence is not None:
            held = {
                "ConditionExpression": "fence = :fence",
                "ExpressionAttributeValues": {":fence": state.number(fence)},
            }
            lease = lease_key(item["pk"]["S"].removeprefix("MODEL#"))
            yield {"ConditionCheck": {"TableName": self._table, "Key": lease, **held}}

    def _event(self, form: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
        key = state.key(f"{self.KIND}#{form['model']}#{form['id']}", f"{_EVENT}{form['sequence']:06}")
        return {**key, "document": state.document(_form(entry))}

    def _put(self, item: dict[str, Any], **condition: Any) -> dict[str, Any]:
        """Of a new item, unless another condition is given."""
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": incidents.NEW, **condition}}

    def _key(self, model: str, record_id: str) -> dict[str, dict[str, str]]:
        return state.key(f"MODEL#{model}", f"{self.KIND}#{record_id}")

    def _item(self, key: Mapping[str, Any]) -> Any:
        return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")


def _form(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "actor": entry.actor,
        "reason": entry.reason,
        "at": entry.at.isoformat(),
        "details": dict(entry.details),
    }


def _entry(item: Any) -> Entry:
    form = state.read(item)
    return Entry(
        EntryKind(form["kind"]), form["actor"], form["reason"], datetime.fromisoformat(form["at"]), form["details"]
    )

"""The routing tables in DynamoDB: one item a model, every write conditional on the revision read.

Key schema of the state table: ``pk = MODEL#<model>``, ``sk = ROUTING``. The table itself is one JSON document in the
attribute ``document``, so that what is read back is exactly what was written.
"""

import json
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.client import connect
from sluice.domain.errors import RoutingUnavailable, SluiceError, StaleWrite
from sluice.domain.routing import Routing

_ROUTING = "ROUTING"


class RoutingStore:
    """Reads and writes routing tables."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def connect(cls, table: str) -> "RoutingStore":
        """For predictions, gives up after a second: whoever asks holds an older copy and a caller who waits."""
        config = Config(connect_timeout=0.5, read_timeout=1, retries={"total_max_attempts": 1}, tcp_keepalive=True)
        return cls(connect("dynamodb", config), table=table)

    @classmethod
    def connect_patiently(cls, table: str) -> "RoutingStore":
        """For deploys and operators, three attempts of 5 s each: nobody waits who could do without the answer."""
        config = Config(connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
        return cls(connect("dynamodb", config), table=table)

    def get(self, model: str) -> Routing | None:
        """The model's routing table, or None when there is none. Raises RoutingUnavailable, also for a broken one."""
        try:
            item = self._client.get_item(TableName=self._table, Key=_key(model), ConsistentRead=True).get("Item")
        except (BotoCoreError, ClientError) as away:
            # Callers of the API read this: AWS's own words name accounts and roles, its code does not.
            raise RoutingUnavailable(f"the routing table of {model} could not be read: {_code(away)}") from away
        return _routing(model, item["document"]["S"]) if item else None

    def put(self, routing: Routing) -> None:
        """Write a revision, on top of exactly the one before it. Raises StaleWrite, or RoutingUnavailable."""
        first = routing.revision == 0
        document = {"S": json.dumps(routing.to_dict())}
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**_key(routing.model), "revision": {"N": str(routing.revision)}, "document": document},
                ConditionExpression="attribute_not_exists(pk)" if first else "revision = :read",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **({} if first else {"ExpressionAttributeValues": {":read": {"N": str(routing.revision - 1)}}}),
            )
        except self._client.exceptions.ConditionalCheckFailedException as raced:
            # The SDK repeats a write whose answer was lost: what it then finds may be its own.
            if raced.response.get("Item", {}).get("document") != document:
                raise StaleWrite(f"the routing table of {routing.model} was changed by somebody else") from raced
        except (BotoCoreError, ClientError) as away:
            raise RoutingUnavailable(
                f"the routing table of {routing.model} could not be written: {_code(away)}"
            ) from away

    def delete(self, model: str) -> None:
        """Remove the model's routing table, if there is one."""
        self._client.delete_item(TableName=self._table, Key=_key(model))


def _routing(model: str, document: str) -> Routing:
    try:
        return Routing.from_dict(json.loads(document))
    except (SluiceError, LookupError, TypeError, ValueError, AttributeError) as wrong:
        raise RoutingUnavailable(f"the routing table of {model} makes no sense: {wrong}") from wrong


def _code(away: Exception) -> str:
    return str(away.response["Error"]["Code"]) if isinstance(away, ClientError) else type(away).__name__


def _key(model: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"MODEL#{model}"}, "sk": {"S": _ROUTING}}

"""The items of the state table, one by one, in batches and in transactions: what is asked again, and what given up."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Self, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.attribute import EXPIRES, Item, moment, text
from sluice.aws.client import connect
from sluice.domain.errors import StoreUnavailable

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
_MOST_WRITTEN = 25
_MOST_READ = 100
MOST_IN_TRANSACTION = 100
# Others in the same items: a transaction is refused at once instead of waiting, so whoever comes second asks again.
_PAUSES_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
_PASSING = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

_T = TypeVar("_T")


class ItemStore:
    """One DynamoDB table with the keys ``pk`` and ``sk``. Every method may raise StoreUnavailable.

    Args:
        client: Of ``dynamodb``.
        table: The table's name.
        sleep: Waits so many seconds.

    """

    def __init__(self, client: Any, *, table: str, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    @classmethod
    def connect(cls, table: str) -> Self:
        """Three attempts of 3 s each."""
        config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
        return cls(connect("dynamodb", config), table=table, sleep=time.sleep)

    def put_new(self, item: Item) -> Item | None:
        """Put an item where there is none; what is there already, else None."""
        with _available("writing"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as there:
                found: Item = there.response["Item"]
                return found
        return None

    def query(self, pk: str, *, between: tuple[str, str] | None = None, consistent: bool = True) -> Iterator[Item]:
        """The items of a partition in order of ``sk``; ``between``: the first and the last ``sk``, both included."""
        condition, values = "pk = :pk", {":pk": text(pk)}
        if between is not None:
            condition += " AND sk BETWEEN :first AND :last"
            values |= {":first": text(between[0]), ":last": text(between[1])}
        with _available("reading"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ConsistentRead=consistent,
            )
            for page in pages:
                yield from page["Items"]

    def get_many(self, keys: Iterable[Item], *, consistent: bool = True) -> Iterator[Item]:
        """Those items that there are, in any order."""
        for some in in_groups(keys, _MOST_READ):
            asked: Mapping[str, Any] = {self._table: {"Keys": some, "ConsistentRead": consistent}}
            for answer in self._repeatedly(lambda wanted: self._client.batch_get_item(RequestItems=wanted), asked):
                yield from answer["Responses"].get(self._table, ())

    def put_many(self, items: Iterable[Item]) -> None:
        """Put items, over whatever is there."""
        self._write({"PutRequest": {"Item": item}} for item in items)

    def delete_many(self, keys: Iterable[Item]) -> None:
        """Delete items, where there are any."""
        self._write({"DeleteRequest": {"Key": each}} for each in keys)

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> frozenset[int]:
        """Do all or nothing; the places of the actions whose conditions do not hold, empty when all is done."""
        items = [{kind: {"TableName": self._table, **action}} for each in actions for kind, action in each.items()]
        for pause in (*_PAUSES_SECONDS, None):
            codes = self._try(items)
            failed = frozenset(place for place, code in enumerate(codes) if code == "ConditionalCheckFailed")
            if failed or not codes:
                return failed
            if pause is None or not set(codes) <= _PASSING:
                break
            self._sleep(pause)
        raise StoreUnavailable(f"a transaction of the state table was cancelled: {', '.join(codes)}")

    def _try(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        """Why the transaction was cancelled, by action; empty when it was not."""
        with _available("a transaction"):
            try:
                self._client.transact_write_items(TransactItems=items)
            except self._client.exceptions.TransactionCanceledException as cancelled:
                return [reason["Code"] for reason in cancelled.response["CancellationReasons"]]
        return []

    def _write(self, requests: Iterable[Mapping[str, Any]]) -> None:
        for some in in_groups(requests, _MOST_WRITTEN):
            for _ in self._repeatedly(lambda r: self._client.batch_write_item(RequestItems=r), {self._table: some}):
                pass

    def _repeatedly(self, ask: Callable[[Any], Any], wanted: Mapping[str, Any]) -> Iterator[Any]:
        """Answers to a batch, asking again for what DynamoDB left out for want of capacity."""
        for pause in (*_PAUSES_SECONDS, None):
            with _available("a batch"):
                answer = ask(wanted)
            yield answer
            wanted = answer.get("UnprocessedItems") or answer.get("UnprocessedKeys") or {}
            if not wanted:
                return
            if pause is not None:
                self._sleep(pause)
        raise StoreUnavailable("the state table does not keep up with a batch")


def expiring(item: Item, at: datetime) -> Item:
    """An item that is deleted some time after this moment."""
    return {**item, EXPIRES: moment(at)}


def in_groups(things: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of at most so many."""
    remaining = iter(things)
    while group := list(islice(remaining, size)):
        yield group


@contextmanager
def _available(doing: str) -> Iterator[None]:
    """Raises StoreUnavailable for whatever AWS says. Callers of the API may read it: it names no account or role."""
    try:
        yield
    except (BotoCoreError, ClientError) as away:
        code = away.response["Error"]["Code"] if isinstance(away, ClientError) else type(away).__name__
        raise StoreUnavailable(f"{doing} failed: {code}") from away

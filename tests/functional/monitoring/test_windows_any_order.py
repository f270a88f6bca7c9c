"""Files in any order, again and again, while the store throttles, sandboxes die and others write: rows count once."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.aws.captures import CapturedFile
from sluice.domain.drift.summary_form import feature_counts
from sluice.domain.errors import StoreUnavailable
from sluice.service.summarise import summarise_file
from tests.builders import a_store
from tests.drift_builders import CARRIERS, a_reference
from tests.feedback_builders import T0, key_of
from tests.monitoring_builders import HOUR, World, answers, exchange, requests, traffic

FILES = {
    "early": [traffic(7, seed=1), traffic(5, seed=2, at=T0 + HOUR)],
    "late": [traffic(6, seed=3, at=T0 + HOUR), traffic(4, seed=4)],
    "twins": [exchange(requests(3, seed=5) * 2, answers(3, seed=5) * 2), "no JSON"],
}
PLACES = [(a_reference().binning.features[place], a_reference().binning.features_at[place]) for place in (0, 3)]
EDGES: Any = a_reference().to_dict()["features"][0]["edges"]


class Trouble(Enum):
    """What may happen to a call."""

    DEATH_BEFORE = "the sandbox dies before it"
    DEATH_AFTER = "the sandbox dies when it was done"
    THROTTLED = "the table refuses it"
    OTHER = "somebody else counts a file before it"


class Died(Exception):
    """The sandbox is gone."""


class Troubled:
    """Calls of DynamoDB and S3, of which some, by their number, meet with trouble."""

    def __init__(self, world: World, troubles: Mapping[int, Trouble]) -> None:
        self._world = world
        self._troubles = troubles
        self._calls = 0
        self._dies_after = False
        self._is_other = False

    def begin(self, model: Any, **_: Any) -> Any:
        """Before a call; an answer stands for that of AWS."""
        if self._is_other:
            return None
        self._calls += 1
        trouble = self._troubles.get(self._calls)
        self._dies_after = trouble is Trouble.DEATH_AFTER
        if trouble is Trouble.DEATH_BEFORE:
            raise Died
        if trouble is Trouble.OTHER:
            self._is_other = True
            deliver(self._world, "late")
            self._is_other = False
        return refused(model.name) if trouble is Trouble.THROTTLED and model.name != "GetObject" else None

    def end(self, **_: Any) -> None:
        """After a call."""
        if self._dies_after and not self._is_other:
            self._dies_after = False
            raise Died


def refused(operation: str) -> tuple[Any, dict[str, Any]]:
    """As DynamoDB answers for want of capacity."""
    if operation != "TransactWriteItems":
        return SimpleNamespace(status_code=400), {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
    error = {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}
    reasons = [{"Code": "None"}, {"Code": "ThrottlingError"}]
    return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with mock_aws(), install_transactions():
        made = World()
        for name, lines in FILES.items():
            made.put_file(*lines, name=name)
        yield made


def deliver(world: World, name: str) -> None:
    """Until it is counted: what failed comes again, to a sandbox that knows nothing."""
    file = CapturedFile("data", key_of("champion", name))
    for _ in range(60):  # more often than there is trouble
        world.clock += 61
        try:
            summarise_file(file, world.intake, now=T0)
        except (Died, StoreUnavailable, ClientError):
            continue
        return
    raise AssertionError(f"{name} is never counted")


@contextmanager
def troubled(world: World, troubles: Mapping[int, Trouble]) -> Iterator[None]:
    calls = Troubled(world, troubles)
    hooks = [("before-call", calls.begin), ("after-call", calls.end)]
    places = [(client.meta.events, *hook) for client in (world.dynamodb, world.s3) for hook in hooks]
    for events, name, hook in places:
        events.register(name, hook)
    try:
        yield
    finally:
        for events, name, hook in places:
            events.unregister(name, hook)


def recounted() -> dict[Any, Any]:
    """Every row that was asked, counted one by one: rows, temperatures by cell, carriers, by hour."""
    found: dict[Any, Counter[Any]] = {}
    for line in (line for lines in FILES.values() for line in lines if line.startswith("{")):
        read = json.loads(line)
        hour = read["eventMetadata"]["inferenceTime"][:13]
        for row in json.loads(read["captureData"]["endpointInput"]["data"])["instances"]:
            cell = "missing" if row["temp"] is None else bisect_left(EDGES, row["temp"])
            found.setdefault(hour, Counter()).update(["rows", ("temp", cell), ("carrier", row["carrier"])])
    return found


def counted(world: World) -> dict[Any, Any]:
    """The same of what is stored."""
    found: dict[Any, Any] = {}
    for (hour, _), summary in world.counted().items():
        temp, carrier = (feature_counts(bins, summary.counts[at]) for bins, at in PLACES)
        parts: dict[Any, int] = {("temp", cell): count for cell, count in enumerate(temp["counts"])}
        parts |= {("carrier", name): count for name, count in zip(CARRIERS, carrier["counts"], strict=False)}
        parts |= {"rows": summary.rows, ("temp", "missing"): temp["missing"]}
        found[f"{hour:%Y-%m-%dT%H}"] = +Counter(parts)
    return found


def copies(world: World) -> list[tuple[int, int]]:
    stored = world.windows.between("flights", "1", a_reference().binning.id, first=T0 - HOUR, last=T0 + HOUR)
    return [(each.compared, each.copies) for each in stored]


@given(
    order=st.tuples(st.permutations(sorted(FILES)), st.lists(st.sampled_from(sorted(FILES)), max_size=3)),
    troubles=st.dictionaries(st.integers(1, 30), st.sampled_from(Trouble), max_size=8),
)
@example(order=(["twins", "late", "early"], ["early"]), troubles=dict.fromkeys(range(2, 40, 2), Trouble.DEATH_AFTER))
@example(order=(["late", "early", "twins"], []), troubles=dict.fromkeys([4, 7], Trouble.THROTTLED))
@example(order=(["early", "twins"], []), troubles=dict.fromkeys(range(1, 9), Trouble.OTHER))
@settings(max_examples=24, deadline=None)
def test_windows_hold_every_row_once_whatever_happens(
    world: World, order: tuple[list[str], list[str]], troubles: dict[int, Trouble]
) -> None:
    world.dynamodb.delete_table(TableName="state")
    a_store(world.dynamodb)
    world.references.put("flights", "1", json.dumps(a_reference().to_dict()).encode())

    with troubled(world, troubles):
        for name in [*order[0], *order[1]]:
            deliver(world, name)

    assert counted(world) == recounted()
    assert copies(world) == [(17, 3), (11, 0)]

"""What does the monitor say where a reference is kept that it cannot judge by: another model's, or none?"""

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws

from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.decision import EntryKind
from tests.drift_builders import some_rows
from tests.monitoring_builders import World, traffic
from tests.unit.service.test_judge_drift import drift, names


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World()
        made.deploy(champion=90, challenger=10)
        yield made


def of_another_model() -> bytes:
    reference = build_reference(some_rows(1000, seed=1) | {"foo": [1.0] * 1000}, seed=1, choices=Choices(draws=0))
    return json.dumps(reference.to_dict()).encode()


def test_a_reference_of_another_model_is_an_error_and_no_drift() -> None:
    with mock_aws():
        world = World(references={"1": of_another_model()})
        world.deploy(champion=100)
        world.summarise(traffic(400, seed=10))

        (champion,) = world.look()

        assert (champion.verdict, champion.drifting) == (Verdict.ERROR, ())
        assert "its reference cannot be used: it is not of this model: " in champion.reason
        assert "and not foo. Build it anew" in champion.reason
        assert (world.told, world.incidents()) == ([], [])


def test_what_was_told_by_a_reference_of_another_model_is_over(world: World) -> None:
    drift(world)
    world.look()
    world.references.put("flights", "1", of_another_model())
    world.clock += 60

    champion, _ = world.look()
    entry = world.watches.audit("flights", "1")[-1]

    assert (champion.verdict, champion.drifting) == (Verdict.ERROR, ())
    assert (entry.kind, entry.reason) == (EntryKind.RECOVERED, "no longer watched: temp")


def test_a_reference_that_is_none_ends_no_drift(world: World) -> None:
    drift(world)
    world.look()
    world.references.put("flights", "1", b"{")
    world.clock += 60

    champion, _ = world.look()

    assert (champion.verdict, names(champion)) == (Verdict.FAIL, ["temp"])

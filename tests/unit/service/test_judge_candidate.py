from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from sluice.domain.attribution import Attribution
from sluice.domain.drift.model_reference import text_of
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.own_drift import OwnDrift
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.stage import Audience, Kind, Stage
from sluice.service.candidate_look import CandidateLook
from tests.drift_builders import a_reference, some_rows
from tests.feedback_builders import CHALLENGER, CHAMPION, T0, answered
from tests.monitoring_builders import HOUR, World, answers, exchange, requests
from tests.rollout_builders import ID, a_plan, a_rollout

STAFF = Stage(Kind.INTERNAL, minutes=5, audience=Audience(groups=("staff",)))


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World()
        made.deploy(champion=90, challenger=10)
        yield made


def released(world: World, position: Position = Position.STAGE, **changes: Any) -> Rollout:
    """Version 2 is under release, since an hour ago."""
    rollout = a_rollout(position, **{"requested_at": T0 - HOUR, **changes})
    return world.rollouts.put(rollout)


def swapped(rows: int, *, seed: int) -> list[dict[str, Any]]:
    """What a model answers that has its classes the wrong way round."""
    return [
        {"label": 1 - each["label"], "probabilities": each["probabilities"][::-1]} for each in answers(rows, seed=seed)
    ]


def answer(
    world: World, *, by: Attribution = CHALLENGER, seed: int = 20, at: Any = T0, is_swapped: bool = False
) -> None:
    """400 quiet requests."""
    said = swapped(400, seed=seed) if is_swapped else answers(400, seed=seed)
    line = exchange(requests(400, seed=seed), said, answered("p-1", by, at))
    world.summarise(line, name=f"{by.variant}-{by.version}-{seed}", variant=by.variant)


def look(world: World, now: Any = T0) -> CandidateLook[OwnDrift]:
    found = world.look_at_candidate(now)
    assert found is not None
    return found


def test_a_candidate_with_wrong_answers_beside_a_quiet_champion_is_found(world: World) -> None:
    released(world)
    answer(world, by=CHAMPION, seed=10)
    answer(world, is_swapped=True)

    found = look(world)

    assert (found.model, found.version, found.slot, found.rollout) == ("flights", "2", "challenger", ID)
    assert found.found.verdict is Verdict.FAIL
    assert "score of late" in found.found.outputs


def test_an_honest_candidate_passes(world: World) -> None:
    released(world)
    answer(world, by=CHAMPION, seed=10)
    answer(world)

    assert look(world).found.verdict is Verdict.PASS


def test_what_came_before_the_rollout_or_from_another_slot_is_not_its_doing(world: World) -> None:
    released(world)
    answer(world, by=CHAMPION, seed=10)
    answer(world)
    answer(world, seed=21, at=T0 - 2 * HOUR, is_swapped=True)
    answer(world, by=replace(CHAMPION, version="2"), seed=22, is_swapped=True)

    found = look(world).found

    assert (found.verdict, found.rows) == (Verdict.PASS, 400)


def test_what_a_person_accepted_of_the_champion_does_not_turn_the_world_into_the_candidates_doing(
    world: World,
) -> None:
    released(world)
    for by, seed in ((CHAMPION, 10), (CHALLENGER, 20)):
        warm = {"temp": some_rows(400, seed=seed)["temp"] + 15}
        line = exchange(requests(400, seed=seed, **warm), swapped(400, seed=seed), answered("p-1", by, T0))
        world.summarise(line, name=f"file-{seed}", variant=by.variant)
    world.look()
    world.accept()

    assert look(world).found.verdict is Verdict.INCONCLUSIVE  # a storm: both have moved


@pytest.mark.parametrize(
    ("position", "plan"),
    [
        (Position.INSTALLING, a_plan()),
        (Position.BAKING, a_plan()),
        (Position.STAGE, a_plan(Stage(Kind.SHADOW, minutes=5))),
        (Position.STAGE, a_plan(Stage(Kind.WEIGHT, 100, 5))),
        (Position.STAGE, a_plan(STAFF)),
    ],
    ids=["not there yet", "promoted", "a shadow", "everybody's", "an audience of its own"],
)
def test_only_a_candidate_that_shares_everybodys_traffic_is_looked_at(
    world: World, position: Position, plan: Any
) -> None:
    released(world, position, plan=plan)

    assert world.look_at_candidate() is None


def test_at_rest_nobody_is_looked_at(world: World) -> None:
    assert world.look_at_candidate() is None


@pytest.mark.parametrize(
    ("references", "reason"),
    [
        (
            {"1": b"{", "2": text_of(SlicedReference(a_reference())).encode()},
            "version 1 cannot be used: reference.json is not JSON",
        ),
        ({}, "version 2 has no reference.json"),
    ],
    ids=["broken", "none"],
)
def test_without_references_nothing_is_said(references: dict[str, bytes], reason: str) -> None:
    with mock_aws():
        world = World(references)
        world.deploy(champion=90, challenger=10)
        released(world)

        found = look(world).found

        assert found.verdict is Verdict.INCONCLUSIVE
        assert reason in found.reason


def test_a_clock_that_is_behind_the_request_says_nothing(world: World) -> None:
    released(world, requested_at=T0 + 3 * HOUR)

    assert look(world).found.verdict is Verdict.INCONCLUSIVE

"""Labels of the version under release stand beside the champion's: what is wrong more often is accused."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.domain.drift.model_reference import text_of
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.own_errors import OwnErrors
from sluice.domain.rollout.rollout import Position
from sluice.domain.rollout.stage import Kind, Stage
from sluice.service.candidate_look import CandidateLook
from tests.drift_builders import a_reference
from tests.feedback_builders import CHALLENGER, T0
from tests.label_builders import bring, some_labels
from tests.monitoring_builders import HOUR, World
from tests.number_builders import a_number_reference
from tests.rollout_builders import ID, a_plan, a_rollout


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws(), install_transactions():
        made = World()
        made.deploy(champion=90, challenger=10)
        made.rollouts.put(a_rollout(Position.STAGE, requested_at=T0 - HOUR))
        yield made


def say(world: World, *, wrong: float, at: Any = T0, by: Any = CHALLENGER, seed: int = 5) -> None:
    bring(world.items, some_labels(300, seed=seed, wrong=wrong, at=at, by=by))


def looked(world: World) -> CandidateLook[OwnErrors]:
    found = world.compare_labels()
    assert found is not None
    return found


def test_a_candidate_that_is_wrong_more_often_than_the_champion_is_accused(world: World) -> None:
    bring(world.items, some_labels(300, seed=1))
    say(world, wrong=0.4)

    found = looked(world)

    assert (found.model, found.version, found.slot, found.rollout) == ("flights", "2", "challenger", ID)
    assert (found.found.verdict, found.found.rows) == (Verdict.FAIL, 300)


def test_a_world_that_turned_for_both_is_not_the_candidates_doing(world: World) -> None:
    bring(world.items, some_labels(300, seed=1, wrong=0.4))
    say(world, wrong=0.4)

    assert looked(world).found.verdict is Verdict.PASS


def test_labels_of_answers_from_before_the_comparison_do_not_count(world: World) -> None:
    bring(world.items, some_labels(300, seed=1))
    bring(world.items, some_labels(300, seed=2, at=T0 - 2 * HOUR))
    say(world, wrong=0.0)
    say(world, wrong=0.5, at=T0 - 2 * HOUR, seed=6)

    found = looked(world).found

    assert (found.verdict, found.rows) == (Verdict.PASS, 300)


def test_before_labels_come_nothing_is_said(world: World) -> None:
    assert looked(world).found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("position", "plan"),
    [(Position.BAKING, a_plan()), (Position.STAGE, a_plan(Stage(Kind.SHADOW, minutes=5)))],
    ids=["promoted", "a shadow"],
)
def test_only_a_candidate_that_shares_everybodys_traffic_is_looked_at(position: Position, plan: Any) -> None:
    with mock_aws(), install_transactions():
        world = World()
        world.deploy(champion=90, challenger=10)
        assert world.compare_labels() is None
        world.rollouts.put(a_rollout(position, requested_at=T0 - HOUR, plan=plan))

        assert world.compare_labels() is None


@pytest.mark.parametrize(
    ("references", "reason"),
    [
        ({"1": b"{", "2": text_of(SlicedReference(a_reference())).encode()}, "version 1 cannot be used"),
        ({}, "version 2 cannot be used: there is none"),
        (
            {
                "1": text_of(SlicedReference(a_reference())).encode(),
                "2": text_of(SlicedReference(a_number_reference())).encode(),
            },
            "other tolerances",
        ),
    ],
    ids=["broken", "none", "another kind"],
)
def test_versions_that_cannot_be_compared_are_not(references: dict[str, bytes], reason: str) -> None:
    with mock_aws(), install_transactions():
        world = World(references)
        world.deploy(champion=90, challenger=10)
        world.rollouts.put(a_rollout(Position.STAGE, requested_at=T0 - HOUR))

        found = looked(world).found

        assert found.verdict is Verdict.INCONCLUSIVE
        assert reason in found.reason

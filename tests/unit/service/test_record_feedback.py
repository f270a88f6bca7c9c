from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from moto import mock_aws

from sluice.domain.errors import ConflictingFeedback, InvalidFeedback, StoreUnavailable
from sluice.domain.feedback.record import State
from sluice.domain.feedback.totals import Pairs, Totals
from sluice.service.record_feedback import Status
from sluice.service.settle_feedback import settle
from tests.feedback_builders import CHALLENGER, RULES, T0, World, answered, said


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()


@pytest.fixture
def daily() -> Iterator[World]:
    """One reward of a unit counts a day."""
    with mock_aws():
        yield World(replace(RULES, unit_window=timedelta(days=1)))


def test_feedback_is_counted_for_the_variant_that_answered(world: World) -> None:
    world.index(answered("p-1", CHALLENGER))

    assert world.say(said("p-1", 0.3)) is Status.JOINED
    assert world.totals() == {"2": Totals(exposures=1, n=1, total=0.3, total_sq=0.09)}


def test_feedback_that_comes_before_its_prediction_waits_and_joins(world: World) -> None:
    assert world.say(said("p-1")) is Status.WAITING
    assert world.totals() == {}

    world.index(answered("p-1", CHALLENGER))

    assert world.totals() == {"2": Totals(exposures=1, n=1, total=1.0, total_sq=1.0)}
    assert [credit.to.by.variant for credit in world.joined] == ["challenger"]


def test_the_same_feedback_again_is_a_duplicate_and_counts_once(world: World) -> None:
    world.index(answered())
    world.say(said(value=0.3))

    assert world.say(said(value=0.3), now=T0 + timedelta(hours=1)) is Status.DUPLICATE
    assert world.totals()["1"].n == 1


def test_other_feedback_for_the_same_goal_is_refused_with_what_is_stored(world: World) -> None:
    world.index(answered())
    world.say(said(value=0.3, covariate=2.0))

    with pytest.raises(ConflictingFeedback, match=r"has the value 0\.3 already, not 0\.4"):
        world.say(said(value=0.4))
    with pytest.raises(ConflictingFeedback, match=r"has the covariate 2\.0 already, not None"):
        world.say(said(value=0.3))
    assert world.totals()["1"].total == 0.3


def test_each_goal_has_feedback_of_its_own(world: World) -> None:
    world.index(answered())

    assert world.say(said(value=1.0, name="click")) is Status.JOINED
    assert world.say(said(value=0.2, name="score")) is Status.JOINED
    assert (world.totals("click")["1"].total, world.totals("score")["1"].total) == (1.0, 0.2)


def test_waiting_feedback_that_is_repeated_stays_one(world: World) -> None:
    world.say(said())

    assert world.say(said()) is Status.DUPLICATE
    world.index(answered())
    assert world.totals()["1"].n == 1


def test_what_its_model_does_not_take_is_refused_and_not_stored(world: World) -> None:
    world.index(answered())
    before = world.stored()

    with pytest.raises(InvalidFeedback, match="expected 0 to 1, got 2"):
        world.say(said(value=2.0))
    assert world.stored() == before


def test_one_reward_of_a_unit_counts_in_each_window_of_predictions(daily: World) -> None:
    tomorrow = T0 + timedelta(days=1)
    daily.index(answered("p-1"), answered("p-2"), answered("p-3", at=tomorrow), answered("p-4", unit="f" * 16))

    assert [daily.say(said(each)) for each in ("p-1", "p-2", "p-3", "p-4")] == [
        Status.JOINED,
        Status.NOT_COUNTED,
        Status.JOINED,
        Status.JOINED,
    ]
    assert daily.say(said("p-2")) is Status.DUPLICATE
    assert daily.say(said("p-2", name="other goal".replace(" ", "_"))) is Status.JOINED


def test_covariates_are_summed_with_their_rewards(world: World) -> None:
    world.index(answered("p-1"), answered("p-2"))

    world.say(said("p-1", 0.5, covariate=4.0))
    world.say(said("p-2", 1.0))

    pairs = Pairs(n=1, total=0.5, total_sq=0.25, covariate=4.0, covariate_sq=16.0, cross=2.0)
    assert world.totals()["1"] == Totals(exposures=2, n=2, total=1.5, total_sq=1.25, pairs=pairs)


def test_a_record_that_others_keep_changing_is_given_up(world: World) -> None:
    world.index(answered("p-1"))
    world.ledger.feedback.keep(said("p-1"), now=T0)
    stale = world.ledger.predictions.get("p-1")
    world.say(said("p-1"))

    class Behind(type(world.ledger.predictions)):  # type: ignore[misc]  # what it reads is always out of date
        def get(self, prediction_id: str) -> object:  # noqa: ARG002
            return stale

    behind = replace(world.ledger, predictions=Behind(world.items, world.ledger.rules))

    with pytest.raises(StoreUnavailable, match="being changed by others"):
        settle("p-1", behind)
    assert world.totals()["1"].n == 1


def test_settling_twice_changes_nothing(world: World) -> None:
    world.index(answered("p-1"))
    world.say(said("p-1"))

    assert settle("p-1", world.ledger) == {"click": State.JOINED}
    assert len(world.joined) == 1

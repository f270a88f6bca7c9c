from datetime import UTC, datetime, timedelta
from itertools import permutations
from math import inf, nan

import pytest

from sluice.domain.errors import InvalidReward
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.reward import Exposure, Reward, deduplication_key, is_mature, one_per_unit, outcome_of

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOOKED = Goal("booked")
HALF = {"champion": 50, "challenger": 50}


def an_exposure(
    prediction_id: str, *, unit: str = "ada", variant: str = "champion", after: timedelta = timedelta(0), **rest: float
) -> Exposure:
    reward = Reward.of(BOOKED, rest["reward"]) if "reward" in rest else None
    return Exposure(prediction_id, unit, variant, HALF, T0 + after, reward)


@pytest.mark.parametrize(("value", "kind"), [(0, "binary"), (1, "binary"), (True, "binary"), (-50, "mean")])
def test_a_reward_that_its_goal_allows_is_taken(value: float, kind: str) -> None:
    goal = Goal("g", GoalKind(kind), cap=1 if kind == "binary" else 50)

    assert Reward.of(goal, value).value == value


@pytest.mark.parametrize(
    ("value", "goal", "reason"),
    [
        (0.5, BOOKED, "0 or 1, got 0.5"),
        (2, BOOKED, "0 or 1, got 2"),
        (nan, BOOKED, "finite number, got nan"),
        (inf, Goal("revenue", GoalKind.MEAN, cap=100), "finite number, got inf"),
        (-101, Goal("revenue", GoalKind.MEAN, cap=100), "from -100 to 100, got -101"),
    ],
)
def test_a_reward_that_its_goal_does_not_allow_is_refused(value: float, goal: Goal, reason: str) -> None:
    with pytest.raises(InvalidReward, match=reason):
        Reward.of(goal, value)


@pytest.mark.parametrize(("age", "expected"), [(59, False), (60, False), (61, True)])
def test_a_prediction_is_mature_when_it_is_older_than_the_window(age: int, *, expected: bool) -> None:
    assert is_mature(T0, window=HOUR, now=T0 + timedelta(minutes=age)) is expected


def test_a_unit_counts_once_in_each_window() -> None:
    exposures = [an_exposure(f"p-{hour}", after=hour * HOUR) for hour in (0, 5, 23, 24, 30)]

    by_day = one_per_unit(exposures, since=T0, window=24 * HOUR)
    once = one_per_unit(exposures, since=T0, window=None)

    assert {key: [one.prediction_id for one in group] for key, group in by_day.items()} == {
        (0, "ada"): ["p-0", "p-5", "p-23"],
        (1, "ada"): ["p-24", "p-30"],
    }
    assert list(once) == [(0, "ada")]


def test_a_unit_stays_with_the_variant_that_answered_it_first_in_whatever_order_its_predictions_are_read() -> None:
    exposures = [
        an_exposure("p-1", variant="challenger"),
        an_exposure("p-2", variant="champion", after=HOUR, reward=1),
        an_exposure("p-3", variant="challenger", after=2 * HOUR),
        an_exposure("p-3", variant="challenger", after=2 * HOUR),
    ]

    grouped = [one_per_unit(order, since=T0, window=None) for order in permutations(exposures)]

    assert all(
        [one.prediction_id for one in group] == ["p-1", "p-3"] for groups in grouped for group in groups.values()
    )


def test_equal_keys_mean_that_a_reward_counts_once() -> None:
    first, again, tomorrow = (an_exposure(f"p-{hour}", after=hour * HOUR) for hour in (0, 1, 24))

    keys = [deduplication_key(each, since=T0, window=24 * HOUR) for each in (first, again, tomorrow)]

    assert keys == [(0, "ada"), (0, "ada"), (1, "ada")]


def test_many_rewards_of_a_unit_are_its_first() -> None:
    group = [an_exposure("p-1", reward=0), an_exposure("p-2", after=HOUR, reward=1)]

    assert outcome_of(group, BOOKED, maturation=HOUR, now=T0 + 5 * HOUR) == 0


def test_silence_is_zero_only_when_it_is_mature_and_the_goal_says_so() -> None:
    silent = [an_exposure("p-1")]
    labelled = Goal("was_late", silence_is_zero=False)

    assert outcome_of(silent, BOOKED, maturation=HOUR, now=T0 + HOUR) is None
    assert outcome_of(silent, BOOKED, maturation=HOUR, now=T0 + 2 * HOUR) == 0
    assert outcome_of(silent, labelled, maturation=HOUR, now=T0 + 2 * HOUR) is None


def test_a_quick_reward_waits_for_its_prediction_to_mature_and_time_does_not_stand_still() -> None:
    quick = [an_exposure("p-1", reward=1)]

    seen = [outcome_of(quick, BOOKED, maturation=HOUR, now=T0 + minutes * timedelta(minutes=1)) for minutes in (5, 61)]

    assert seen == [None, 1]

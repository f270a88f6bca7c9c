from typing import Any

import pytest

from sluice.domain.experiment.experiment import Experiment, Mode
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.remaining import expected_hours, in_words, outcomes_needed, width


def an_experiment(minimum_effect: float = 0.02, **fields: Any) -> Experiment:
    usual: dict[str, Any] = {
        "variants": ("champion", "challenger"),
        "weights": {"champion": 50, "challenger": 50},
        "goal": Goal("booked", minimum_effect=minimum_effect),
    }
    return Experiment(id="e1", model="m", salt="s", requested_by="ada", **{**usual, **fields})


@pytest.mark.parametrize("distance", [0.2, 0.02, 0.002])
def test_so_many_outcomes_bring_the_width_below_the_distance_and_not_many_fewer(distance: float) -> None:
    needed = outcomes_needed(0.36, distance=distance, alpha=0.05)

    assert needed is not None
    assert width(0.36, needed, alpha=0.05) < distance <= width(0.36, int(needed * 0.99), alpha=0.05)


@pytest.mark.parametrize("distance", [0, -1, 1e-9])
def test_for_a_difference_of_nothing_no_number_is_enough(distance: float) -> None:
    assert outcomes_needed(0.36, distance=distance, alpha=0.05) is None


def test_the_expected_time_is_told_before_the_start() -> None:
    hours = expected_hours(an_experiment(), outcome_variance=0.1 * 0.9, outcomes_per_hour=1000)

    assert hours == pytest.approx(1 + 8.4, abs=0.1)  # an hour to mature, and 8,374 outcomes


def test_unequal_shares_and_more_treatments_take_longer() -> None:
    def hours(**fields: Any) -> float:
        expected = expected_hours(an_experiment(**fields), outcome_variance=0.09, outcomes_per_hour=1000)
        assert expected is not None
        return expected

    uneven = hours(weights={"champion": 90, "challenger": 10})
    three = hours(
        variants=("champion", "challenger", "challenger-2"),
        weights={"champion": 34, "challenger": 33, "challenger-2": 33},
    )

    assert uneven > 2 * hours()
    assert three > 1.4 * hours()


def test_a_coarse_question_waits_for_the_least_number_of_outcomes() -> None:
    hours = expected_hours(an_experiment(minimum_effect=0.9), outcome_variance=0.0001, outcomes_per_hour=100)

    assert hours == 1 + 2


@pytest.mark.parametrize(("minimum_effect", "per_hour"), [(0, 1000), (0.02, 0)])
def test_without_a_minimum_effect_or_traffic_nobody_can_tell(minimum_effect: float, per_hour: float) -> None:
    assert expected_hours(an_experiment(minimum_effect), outcome_variance=0.09, outcomes_per_hour=per_hour) is None


def test_interleaving_has_no_shares_to_plan_with() -> None:
    with pytest.raises(ValueError, match="e1 interleaves"):
        expected_hours(an_experiment(mode=Mode.INTERLEAVING, weights={}), outcome_variance=0.09, outcomes_per_hour=1000)


@pytest.mark.parametrize(
    ("hours", "words"), [(0.2, "less than an hour"), (1.2, "1 hours"), (48, "48 hours"), (72, "3 days")]
)
def test_durations_are_told_as_people_do(hours: float, words: str) -> None:
    assert in_words(hours) == words

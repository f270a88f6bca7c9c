import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.domain.assignment import assign
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.experiment import Experiment, Phase
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.observation import Arm, Observation, Stratum, observe
from sluice.domain.experiment.reward import Exposure, Reward

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
HALF = {"champion": 50, "challenger": 50}
TENTH = {"champion": 90, "challenger": 10}
GOAL = Goal("booked")
SALT = "november"


def an_experiment(**fields: Any) -> Experiment:
    fields = {"goal": GOAL, **fields}
    pending = Experiment("e1", "flights", ("champion", "challenger"), HALF, salt=SALT, requested_by="ada", **fields)
    return pending.entering(Phase.RUNNING, now=T0)


def answered(unit: str, number: int = 1, *, weights: dict[str, int] = HALF, **fields: Any) -> Exposure:
    variant = assign(unit, SALT, weights)
    return Exposure(
        **{
            "prediction_id": f"{unit}-{number}",
            "unit": unit,
            "variant": variant,
            "weights": weights,
            "at": T0 + number * timedelta(minutes=1),
            **fields,
        }
    )


def test_units_are_counted_at_once_and_outcomes_when_they_are_mature() -> None:
    exposures = [answered(f"u-{number}", reward=Reward.of(GOAL, number % 2)) for number in range(100)]

    early = observe(an_experiment(), exposures, now=T0 + HOUR)
    late = observe(an_experiment(), exposures, now=T0 + 2 * HOUR)

    both = ("champion", "challenger")
    assert sum(early.arm(variant).units for variant in both) == 100
    assert sum(early.arm(variant).outcomes.n for variant in both) == 0
    assert sum(late.arm(variant).outcomes.n for variant in both) == 100
    assert sum(late.arm(variant).outcomes.y for variant in both) == 50


def test_an_eager_unit_counts_once() -> None:
    exposures = [answered("ada", number, reward=Reward.of(GOAL, 1)) for number in range(1, 51)]

    seen = observe(an_experiment(), exposures, now=T0 + 24 * HOUR)

    assert seen.arm(assign("ada", SALT, HALF)) == Arm(1, Sums.of(1))


def test_with_windows_it_has_an_outcome_in_each_but_is_one_unit_still() -> None:
    exposures = [answered("ada", number, reward=Reward.of(GOAL, 1)) for number in (1, 61, 62)]

    seen = observe(an_experiment(unit_window_minutes=60), exposures, now=T0 + 24 * HOUR)

    assert seen.arm(assign("ada", SALT, HALF)) == Arm(1, Sums.of(1) + Sums.of(1))


def test_an_answer_by_another_variant_than_the_assigned_counts_for_nobody() -> None:
    drawn = assign("ada", SALT, HALF)
    other = next(variant for variant in HALF if variant != drawn)

    seen = observe(an_experiment(), [answered("ada", variant=other)], now=T0 + 24 * HOUR)

    assert seen == Observation()


def test_what_was_answered_before_the_start_does_not_count() -> None:
    assert observe(an_experiment(), [answered("ada", at=T0 - HOUR)], now=T0 + 24 * HOUR) == Observation()


def test_settings_of_the_weights_are_kept_apart() -> None:
    exposures = [answered(f"u-{n}", weights=HALF if n < 30 else TENTH) for n in range(100)]

    seen = observe(an_experiment(), exposures, now=T0 + 24 * HOUR)

    assert [dict(stratum.weights) for stratum in seen.strata] == [HALF, TENTH]
    assert [sum(arm.units for arm in stratum.arms.values()) for stratum in seen.strata] == [30, 70]


def test_a_variant_outside_the_experiment_is_left_out() -> None:
    three = {"champion": 40, "challenger": 30, "challenger-2": 30}
    units = [unit for unit in map(str, range(50)) if assign(unit, SALT, three) == "challenger-2"]

    seen = observe(an_experiment(), [answered(unit, weights=three) for unit in units], now=T0 + 24 * HOUR)

    assert units
    assert seen == Observation()


@pytest.mark.parametrize(("asked", "expected"), [(True, 7.0), (False, 0.0)])
def test_the_covariate_is_used_where_the_experiment_asks_for_it(expected: float, *, asked: bool) -> None:
    delay = Goal("delay", GoalKind.MEAN, cap=90, silence_is_zero=False)
    labelled = answered("ada", reward=Reward.of(delay, 3), covariate=7.0)

    seen = observe(an_experiment(covariate=asked, goal=delay), [labelled], now=T0 + 24 * HOUR)

    assert seen.arm(assign("ada", SALT, HALF)).outcomes.x == expected


def test_a_unit_without_a_covariate_has_zero() -> None:
    delay = Goal("delay", GoalKind.MEAN, cap=90, silence_is_zero=False)
    labelled = answered("ada", reward=Reward.of(delay, 3))

    seen = observe(an_experiment(covariate=True, goal=delay), [labelled], now=T0 + 24 * HOUR)

    assert seen.arm(assign("ada", SALT, HALF)).outcomes == Sums.of(3, 0)


def test_observations_merge_by_addition_as_if_all_had_been_seen_at_once() -> None:
    exposures = [answered(f"u-{n}", weights=HALF if n % 3 else TENTH) for n in range(60)]

    def at(part: list[Exposure]) -> Observation:
        return observe(an_experiment(), part, now=T0 + 24 * HOUR)

    merged = at(exposures[:20]) + at(exposures[20:])

    for variant in HALF:
        assert merged.arm(variant) == at(exposures).arm(variant)
    assert len(merged.strata) == 2


def test_an_observation_survives_its_json_form() -> None:
    seen = Observation((Stratum(HALF, {"champion": Arm(3, Sums.of(1, 2.5))}),))

    assert Observation.from_dict(json.loads(json.dumps(seen.to_dict()))) == seen


def test_nothing_can_be_observed_before_the_start() -> None:
    pending = Experiment("e1", "flights", ("champion", "challenger"), HALF, GOAL, SALT, "ada")

    with pytest.raises(ValueError, match="e1 has not started"):
        observe(pending, [], now=T0)

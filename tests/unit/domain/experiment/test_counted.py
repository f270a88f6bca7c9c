from typing import Any

from sluice.domain.experiment.counted import outcomes_of, stratum_of
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.observation import Arm
from sluice.domain.feedback.totals import Pairs, Totals

HALF = {"champion": 50, "challenger": 50}
COUNTED = Totals(100, n=20, total=30, total_sq=50, pairs=Pairs(15, 24, 40, covariate=6, covariate_sq=9, cross=12))


def an_experiment(**fields: Any) -> Experiment:
    usual: dict[str, Any] = {"goal": Goal("spent", GoalKind.MEAN, cap=10), **fields}
    return Experiment("e1", "flights", tuple(HALF), HALF, salt="s", requested_by="ada", **usual)


def test_silence_counts_as_the_goal_says() -> None:
    labels = Goal("delay", GoalKind.MEAN, cap=10, silence_is_zero=False)

    assert outcomes_of(an_experiment(), COUNTED) == Sums(100, 30, 50)
    assert outcomes_of(an_experiment(goal=labels), COUNTED) == Sums(20, 30, 50)


def test_covariates_are_used_where_asked_for_and_are_zero_where_there_is_none() -> None:
    labels = Goal("delay", GoalKind.MEAN, cap=10, silence_is_zero=False)

    assert outcomes_of(an_experiment(goal=labels, covariate=True), COUNTED) == Sums(20, 30, 50, 6, 9, 12)


def test_predictions_stand_for_units_and_other_variants_are_left_out() -> None:
    stratum = stratum_of(an_experiment(), HALF, {"champion": COUNTED, "shadow": COUNTED})

    assert stratum.arms == {"champion": Arm(100, Sums(100, 30, 50))}
    assert not stratum.by_unit

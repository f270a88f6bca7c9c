import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.domain.errors import InvalidExperiment
from sluice.domain.experiment.experiment import Experiment, Mode, Phase
from sluice.domain.experiment.goal import Goal, GoalKind

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)


def an_experiment(**fields: Any) -> Experiment:
    usual = {
        "id": "20261122T100000-3f9a",
        "model": "flights",
        "variants": ("champion", "challenger"),
        "weights": {"champion": 50, "challenger": 50},
        "goal": Goal("booked"),
        "salt": "flights-november",
        "requested_by": "ada",
    }
    return Experiment(**{**usual, **fields})


BANDIT: dict[str, Any] = {"mode": Mode.BANDIT}
INTERLEAVING: dict[str, Any] = {"mode": Mode.INTERLEAVING, "weights": {}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ""}, "needs its id"),
        ({"model": ""}, "needs its model"),
        ({"salt": ""}, "needs its salt"),
        ({"requested_by": ""}, "needs its requested_by"),
        ({"variants": ("champion",)}, "two variants or more"),
        ({"variants": ("challenger", "champion")}, "the champion and stands first"),
        ({"variants": ("champion", "challenger", "challenger")}, "different slots"),
        ({"variants": ("champion", "canary")}, "different slots"),
        ({"weights": {"champion": 90, "challenger": 20}}, "weights must sum to 100"),
        ({"weights": {"champion": 100}}, "each variant of the experiment has a weight"),
        ({"weights": {"champion": 100, "challenger": 0}}, "less than 1 % of the traffic"),
        ({"covariate": True}, "needs a goal whose silence_is_zero is false"),
        ({"alpha": 0}, "alpha.*between 0 and 0.5, got 0"),
        ({"alpha": 0.5}, "got 0.5"),
        ({"horizon_days": 0}, "above 0"),
        ({"unit_window_minutes": 0}, "above 0"),
        ({"maturation_minutes": -1}, "at least 0"),
        ({"maturation_minutes": 1440, "horizon_days": 1}, "no reward would ever count; got 1440"),
        ({**BANDIT, "floor_percent": 0}, "1 to 50 % on each of 2 variants.*got 0"),
        ({**BANDIT, "floor_percent": 51}, "got 51"),
        ({**BANDIT, "discount": 0}, "above 0 and at most 1, got 0"),
        ({**BANDIT, "discount": 1.1}, "got 1.1"),
        ({**BANDIT, "weights": {"champion": 98, "challenger": 2}}, r"less than 5 %.*\{'challenger': 2\}"),
        ({"mode": Mode.INTERLEAVING}, "takes no weights"),
        ({**INTERLEAVING, "variants": ("champion", "challenger", "challenger-2")}, "compares two rankers"),
        ({**INTERLEAVING, "covariate": True}, "nothing to explain"),
        ({**INTERLEAVING, "goal": Goal("revenue", GoalKind.MEAN)}, "its goal is binary"),
        ({**INTERLEAVING, "goal": Goal("left", higher_is_better=False)}, "higher is better"),
        ({**INTERLEAVING, "goal": Goal("clicked", minimum_effect=0.5)}, "below 0.5"),
        ({"phase": Phase.RUNNING}, "contradicts itself"),
        ({"started_at": T0}, "contradicts itself"),
    ],
)
def test_an_illegal_experiment_is_refused_with_the_reason(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidExperiment, match=reason):
        an_experiment(**fields)


@pytest.mark.parametrize(
    "experiment",
    [
        an_experiment(),
        an_experiment(**INTERLEAVING),
        an_experiment(**BANDIT, floor_percent=10, discount=0.98, unit_window_minutes=60).entering(
            Phase.RUNNING, now=T0
        ),
    ],
    ids=lambda experiment: experiment.mode,
)
def test_an_experiment_survives_its_json_form(experiment: Experiment) -> None:
    assert Experiment.from_dict(json.loads(json.dumps(experiment.to_dict()))) == experiment


def test_an_experiment_runs_from_its_start_to_its_horizon() -> None:
    pending = an_experiment(horizon_days=7)

    running = pending.entering(Phase.RUNNING, now=T0)

    assert pending.ends_at() is None
    assert (running.started_at, running.ends_at(), running.revision) == (T0, T0 + timedelta(days=7), 1)


def test_one_that_was_held_goes_on_without_starting_anew() -> None:
    held = an_experiment().entering(Phase.RUNNING, now=T0).entering(Phase.HELD, now=T0 + timedelta(hours=1))

    resumed = held.entering(Phase.RUNNING, now=T0 + timedelta(hours=2))

    assert resumed.started_at == T0
    assert not resumed.is_over


@pytest.mark.parametrize("over", [Phase.STOPPED, Phase.SHIPPED])
def test_what_is_over_stays_over(over: Phase) -> None:
    finished = an_experiment().entering(Phase.RUNNING, now=T0).entering(over, now=T0)

    with pytest.raises(InvalidExperiment, match=f"is {over} and cannot become running"):
        finished.entering(Phase.RUNNING, now=T0)
    assert finished.is_over


def test_one_may_be_stopped_before_it_starts_but_not_shipped() -> None:
    assert an_experiment().entering(Phase.STOPPED, now=T0).started_at is None
    with pytest.raises(InvalidExperiment, match="is pending and cannot become shipped"):
        an_experiment().entering(Phase.SHIPPED, now=T0)


def test_treatments_are_what_is_not_control() -> None:
    three = an_experiment(
        variants=("champion", "challenger", "challenger-2"),
        weights={"champion": 40, "challenger": 30, "challenger-2": 30},
    )

    assert three.treatments == ("challenger", "challenger-2")

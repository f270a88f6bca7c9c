from typing import Any

import pytest

from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.doubt import doubt_about
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.observation import Arm, Observation, Stratum

HALF = {"champion": 50, "challenger": 50}
TENTH = {"champion": 90, "challenger": 10}
ALL_TO_CONTROL = {"champion": 100, "challenger": 0}


def an_experiment(**fields: Any) -> Experiment:
    return Experiment("e1", "flights", tuple(HALF), HALF, Goal("booked"), "s", "ada", **fields)


def units(champion: int, challenger: int, *, weights: dict[str, int] = HALF, by_unit: bool = True) -> Observation:
    return Observation((Stratum(weights, {"champion": Arm(champion), "challenger": Arm(challenger)}, by_unit=by_unit),))


def outcomes(n: int, successes: float, *, units: int = 600) -> Observation:
    return Observation((Stratum(HALF, {"challenger": Arm(units, Sums(n, successes, successes))}, by_unit=False),))


@pytest.mark.parametrize(
    "seen",
    [
        Observation(),
        units(0, 0),
        units(0, 0, by_unit=False),
        units(10_000, 10_050),
        units(9000, 1000, weights=TENTH) + units(1000, 1000),
        units(1000, 0, weights=ALL_TO_CONTROL) + units(1000, 1000),
        units(10_000, 9000, by_unit=False),
    ],
    ids=["nothing", "empty", "no predictions", "even", "weights changed", "a variant had none", "predictions cluster"],
)
def test_a_split_as_asked_for_raises_no_doubt(seen: Observation) -> None:
    assert doubt_about(an_experiment(), seen) is None


@pytest.mark.parametrize(
    "seen", [units(10_000, 9000), units(10_000, 5000, by_unit=False), units(5000, 5000, weights=TENTH)]
)
def test_a_split_otherwise_than_asked_for_is_doubted_with_its_numbers(seen: Observation) -> None:
    doubt = doubt_about(an_experiment(), seen)

    assert doubt is not None
    assert doubt.startswith("units are not split as the weights say (odds ")
    assert f"challenger {seen.arm('challenger').units:,}" in doubt


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (outcomes(601, 60), "challenger has 601 outcomes of 600 units: outcomes were counted twice"),
        (outcomes(600, 601), "challenger has 601 successes of 600 outcomes: rewards were counted twice"),
        (outcomes(600, -1), "challenger has -1 successes of 600 outcomes"),
    ],
)
def test_more_rewards_than_there_can_be_are_doubted(seen: Observation, words: str) -> None:
    assert words in (doubt_about(an_experiment(), seen) or "")


def test_with_windows_a_unit_may_have_more_than_one_outcome() -> None:
    seen = Observation((Stratum(HALF, {slot: Arm(300, Sums(600, 60, 60)) for slot in HALF}),))

    assert doubt_about(an_experiment(unit_window_minutes=60), seen) is None


def test_many_short_settings_of_the_weights_are_no_doubt_by_themselves() -> None:
    short = [
        Stratum(
            {"champion": 40 + n, "challenger": 60 - n},
            {"champion": Arm(6 + n % 9), "challenger": Arm(6)},
            by_unit=False,
        )
        for n in range(20)
    ]
    mirrored = [
        Stratum(
            {"champion": 60 - n, "challenger": 40 + n},
            {"champion": Arm(6), "challenger": Arm(6 + n % 9)},
            by_unit=False,
        )
        for n in range(20)
    ]

    assert doubt_about(an_experiment(), Observation((*short, *mirrored))) is None


def test_a_variant_that_loses_answers_under_all_settings_is_seen() -> None:
    losing = [
        Stratum(
            {"champion": 40 + n, "challenger": 60 - n}, {"champion": Arm(300), "challenger": Arm(100)}, by_unit=False
        )
        for n in range(20)
    ]

    assert "not split as the weights say" in (doubt_about(an_experiment(), Observation(tuple(losing))) or "")

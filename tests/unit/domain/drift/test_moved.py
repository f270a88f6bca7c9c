"""Are effects what they are said to be, and their errors as large as they really are?"""

from dataclasses import replace
from math import asin, inf, sqrt
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.design import Design
from sluice.domain.drift.moved import Moved, moved
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import empty
from sluice.domain.errors import ReferenceMismatch
from tests.drift_builders import CARRIERS, a_reference, a_window

TEMP, CARRIER = 0, 3
VALUES, MISSING, OUTSIDE = 0, 1, 2


def h(one: float, other: float) -> float:
    return abs(2 * asin(sqrt(one)) - 2 * asin(sqrt(other)))


def independent(reference: Reference) -> tuple[Design, ...]:
    return (Design(),) * len(reference.binning.features)


def of(rows: int = 1000, *, seed: int = 10, **columns: Any) -> Moved:
    return moved(a_reference(), a_window(rows, seed=seed, **columns), independent(a_reference()))


def warmer(rows: int, by: float, *, seed: int = 5, times: float = 1.0) -> Any:
    return np.random.default_rng(seed).normal(50 + 10 * by, 10 * times, rows)


def test_what_has_not_moved_is_told_without_what_chance_adds() -> None:
    effects = np.stack([of(seed=seed).effects for seed in range(30)])

    assert effects.min() >= 0
    assert np.median(effects) == 0


@pytest.mark.parametrize("by", [0.2, 0.5, -0.5])
def test_a_normal_feature_moves_by_its_standard_deviations(by: float) -> None:
    found = of(50_000, temp=warmer(50_000, by))

    assert found.effects[TEMP, VALUES] == pytest.approx(abs(by), rel=0.1)


@pytest.mark.parametrize(("by", "times"), [(0.0, 1.0), (0.5, 1.0), (1.0, 1.0), (0.0, 0.5), (0.0, 2.0)])
def test_errors_are_those_of_the_window_as_it_is(by: float, times: float) -> None:
    """Also where it is narrower or wider than its reference: of 200 windows as many miss as of a normal deviate."""
    reference = build_reference({"temp": warmer(400_000, 0.0, seed=9)}, seed=1, choices=Choices(draws=0))
    truth = _temp(reference, 400_000, by, times, seed=8)[0]

    errors = [
        (effect - truth) / error for effect, error in (_temp(reference, 1000, by, times, seed=s) for s in range(200))
    ]

    assert np.std(errors) < 1.2
    assert max(errors) < 4


def _temp(reference: Reference, rows: int, by: float, times: float, *, seed: int) -> tuple[float, float]:
    window = summarise(reference.binning, {"temp": warmer(rows, by, seed=seed, times=times)})
    found = moved(reference, window, reference.designs)
    return float(found.effects[0, VALUES]), float(found.errors[0, VALUES])


def test_classes_move_by_the_angle_of_the_one_that_has_moved_furthest() -> None:
    found = of(1000, carrier=["WN"] * 400 + ["AA"] * 350 + ["B6"] * 250)

    assert found.effects[CARRIER, VALUES] == pytest.approx(h(0.2, 0.0), abs=0.05)  # nobody flies with DL any more
    assert found.effects[CARRIER, VALUES] > h(0.4, 0.05) - 0.05
    assert found.errors[CARRIER, VALUES] == pytest.approx(sqrt(1 / 1000 + 1 / 10_000))
    assert found.ways[CARRIER] == len(CARRIERS)
    assert found.ways[TEMP] == 1


@pytest.mark.parametrize("missing", [0, 20, 300, 1000])
def test_missing_values_move_by_the_angle_of_their_share(missing: int) -> None:
    found = of(1000, temp=[None] * missing + [50.0] * (1000 - missing))

    assert found.effects[TEMP, MISSING] == pytest.approx(h(missing / 1000, 0.02), abs=0.1)


def test_of_two_classes_there_is_one_difference() -> None:
    reference = build_reference({"sign": ["up"] * 300 + ["down"] * 700}, seed=1, choices=Choices(draws=0))
    window = summarise(reference.binning, {"sign": ["up"] * 60 + ["down"] * 40})

    found = moved(reference, window, independent(reference))

    assert found.ways.tolist() == [1]
    assert found.effects[0, VALUES] == pytest.approx(h(0.6, 0.3), abs=0.02)


def test_values_out_of_range_are_a_share_of_the_values() -> None:
    found = of(1000, temp=[None] * 500 + [1e6] * 100 + [50.0] * 400)

    assert found.effects[TEMP, OUTSIDE] == pytest.approx(h(0.2, 0.0), abs=0.1)
    assert found.errors[TEMP, OUTSIDE] == pytest.approx(sqrt(1 / 500 + 1 / 9800), rel=0.01)


def test_without_values_nothing_is_known_of_them_and_all_is_missing() -> None:
    found = of(1000, temp=[None] * 1000)

    assert found.effects[TEMP].tolist()[::2] == [0, 0]
    assert found.errors[TEMP].tolist()[::2] == [inf, inf]
    assert found.effects[TEMP, MISSING] > 2


def test_without_rows_nothing_is_known() -> None:
    found = moved(a_reference(), empty(a_reference().binning), independent(a_reference()))

    assert not found.effects.any()
    assert np.isinf(found.errors).all()


def test_dependent_rows_make_errors_larger_and_leave_less_of_an_effect() -> None:
    window = a_window(1000, temp=warmer(1000, 0.3))
    alone = moved(a_reference(), window, independent(a_reference()))
    together = (Design(4, 4, 4, 4, 4, 1, 4, 4),) * len(a_reference().binning.features)

    found = moved(a_reference(), window, together)

    assert found.errors / alone.errors == pytest.approx(2)
    assert 0 < found.effects[TEMP, VALUES] < alone.effects[TEMP, VALUES]


def test_counts_by_other_bins_are_refused() -> None:
    other: Binning = a_reference(5_000).binning

    with pytest.raises(ReferenceMismatch):
        moved(a_reference(), replace(a_window(), binning=other.id), independent(a_reference()))

import doctest

import pytest

from sluice.domain.drift import words
from sluice.domain.drift.binning import CategoricalBins, NumericBins

BINS = NumericBins("temp", (0.0, 10.0, 20.0), low=-10.0, high=30.0)


def counted(*cells: int, **beside: int) -> dict[str, object]:
    return {"counts": list(cells), "missing": 0, "wrong_type": 0, "below": 0, "above": 0, "non_finite": 0} | beside


@pytest.mark.parametrize(
    ("cells", "at", "told"),
    [
        ((10, 10, 10, 10), 0.5, "10"),
        ((0, 40, 0, 0), 0.5, "5"),
        ((0, 40, 0, 0), 0.0, "0"),
        ((40, 0, 0, 0), 0.25, "-7.5"),
        ((0, 0, 0, 40), 0.5, "25"),
        ((0, 0, 0, 0), 0.5, "-10"),
    ],
)
def test_quantiles_are_interpolated_within_their_cells(cells: tuple[int, ...], at: float, told: str) -> None:
    assert words.quantile(BINS, counted(*cells), at) == told


def test_quantiles_beyond_the_range_are_not_made_up() -> None:
    assert words.quantile(BINS, counted(9, 0, 0, 1, below=9), 0.5) == "below -10"
    assert words.quantile(BINS, counted(1, 0, 0, 9, above=9), 0.5) == "above 30"


def test_a_cell_is_told_by_its_ends() -> None:
    before = counted(25, 25, 25, 25)

    assert words.reshaped(BINS, before, counted(70, 10, 10, 10)).startswith("values up to 0 went from 25 % to 70 %")
    assert words.reshaped(BINS, before, counted(10, 70, 10, 10)).startswith("values between 0 and 10 went")
    assert words.reshaped(BINS, before, counted(10, 10, 10, 70)).startswith("values above 20 went")


def test_a_median_that_stayed_is_not_told() -> None:
    rainless = NumericBins("rain", (0.0,), low=0.0, high=3.0)

    told = words.moved(rainless, counted(90, 10), counted(60, 40))

    assert told == "values up to 0 went from 90 % to 60 % of all"
    assert words.moved(BINS, counted(25, 25, 25, 25), counted(0, 0, 50, 50)) == "median moved from 10 to 20"


def test_frozen_is_what_was_not_always_so() -> None:
    before, constant = counted(25, 25, 25, 25), NumericBins("one", (), 5.0, 5.0)

    assert words.frozen(BINS, before, counted(0, 9, 0, 0)) == "all 9 values between 0 and 10, as 25 % were"
    assert words.frozen(BINS, before, counted(0, 9, 1, 0)) is None
    assert words.frozen(BINS, before, counted(0, 0, 0, 9, above=9)) is None
    assert words.frozen(BINS, counted(60, 40, 0, 0), counted(9, 0, 0, 0)) is None
    assert words.reshaped(constant, counted(9), counted(9)) == "values around 5 went from 100 % to 100 % of all"


def test_categories_are_told_by_name() -> None:
    bins = CategoricalBins("carrier", ("AA", "B6"))

    told = words.remixed(bins, counted(50, 40, 10), counted(20, 75, 5))

    assert told == ("'B6' went from 40 % to 75 % of all, 'AA' from 50 % to 20 %", False)
    assert words.remixed(bins, counted(50, 50, 0), counted(40, 0, 60))[1]


def test_examples_hold() -> None:
    assert doctest.testmod(words).failed == 0

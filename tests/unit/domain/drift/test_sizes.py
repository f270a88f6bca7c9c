"""How large a change is said to be is what anybody would compute from the rows themselves."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.binning import CategoricalBins, NumericBins
from sluice.domain.drift.finding import Change, DriftFinding
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.size import size
from sluice.domain.evidence.finding import Verdict
from tests.drift_builders import a_reference, a_window, some_rows

ROWS = 4000
BINS = NumericBins("x", (1.0, 2.0, 3.0), 0.0, 4.0)


def found(feature: str = "temp", **columns: Any) -> DriftFinding:
    judgement = judge([Watched(a_reference(), [a_window(ROWS, **columns)])])
    (finding,) = [each for each in judgement.findings if each.feature == feature]
    return finding


def temps() -> Any:
    return some_rows(ROWS, seed=10)["temp"]


def number(text: str) -> float:
    return float(text.split(maxsplit=1)[0])


def counts(*cells: int, **beside: int) -> dict[str, Any]:
    return {"counts": list(cells), "missing": 0, "wrong_type": 0, "below": 0, "above": 0, "non_finite": 0} | beside


@pytest.mark.parametrize("by", [2.0, -3.0, 8.0, 20.0])
def test_a_move_is_told_in_standard_deviations_of_the_reference(by: float) -> None:
    finding = found(temp=temps() + by)

    assert finding.change is Change.LOCATION
    assert finding.size.endswith(" standard deviations")
    assert number(finding.size) == pytest.approx(abs(by) / 10, rel=0.1, abs=0.05)
    assert f"({finding.size})" in finding.reason


def test_a_move_beyond_the_range_is_told_by_the_values_that_lie_elsewhere() -> None:
    beyond = size(Change.LOCATION, BINS, counts(10, 80, 5, 5), counts(0, 0, 0, 100, above=90))

    assert beyond.endswith(" % of values")
    assert number(beyond) == pytest.approx(95, abs=0.5)
    assert "median moved from 49.9 to above 82.5 (96.8 % of values)" in found(temp=temps() + 90).reason


def test_where_nothing_varied_there_are_no_standard_deviations() -> None:
    same = NumericBins("x", (), 3.0, 3.0)

    assert size(Change.LOCATION, same, counts(10), counts(10)) == "0 % of values"


def test_a_change_of_shape_is_told_by_the_values_that_lie_elsewhere() -> None:
    delay = some_rows(ROWS, seed=10)["delay"]
    delay[::12] = 7.4

    finding = found("delay", delay=delay)

    assert finding.change is Change.SHAPE
    assert number(finding.size) == pytest.approx(100 / 12, abs=1.5)
    assert finding.reason.split(", in ")[0].endswith(f"({finding.size})")


def test_another_mix_is_told_by_the_values_that_are_others() -> None:
    carrier = some_rows(ROWS, seed=10)["carrier"]
    finding = found(
        "carrier", carrier=["B6" if name == "AA" and n % 3 == 0 else name for n, name in enumerate(carrier)]
    )

    assert finding.change is Change.CATEGORIES
    assert finding.size.endswith(" % of values")
    assert number(finding.size) == pytest.approx(35 / 3, abs=2)


@pytest.mark.parametrize(
    ("spoil", "change", "told"),
    [
        (np.nan, Change.MISSING, "% of rows"),
        (3000.0, Change.OUT_OF_RANGE, "% of values"),
        (np.inf, Change.NON_FINITE, "% of values"),
    ],
)
def test_what_is_missing_or_odd_is_told_by_its_share_once(spoil: float, change: Change, told: str) -> None:
    temp = temps()
    temp[::20] = spoil

    finding = found(temp=temp)

    assert (finding.change, finding.size.split(" ", 1)[1]) == (change, told)
    assert number(finding.size) == pytest.approx(5, abs=0.3)
    assert f"({finding.size})" not in finding.reason


def test_a_quiet_feature_has_no_size() -> None:
    assert (found().verdict, found().size) == (Verdict.PASS, "")


def test_chance_moves_no_values() -> None:
    generator = np.random.default_rng(5)
    equal = NumericBins("x", tuple(map(float, range(1, 32))), 0.0, 32.0)
    before = counts(*[1000] * 32)

    sizes = [
        number(size(Change.SHAPE, equal, before, counts(*generator.multinomial(300, [1 / 32] * 32))))
        for _ in range(200)
    ]

    assert np.median(sizes) < 3, "without allowing for chance it would be 13 %"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=4, max_size=4), st.sampled_from(Change))
def test_a_size_is_a_share_or_a_distance_whatever_was_counted(cells: list[tuple[int, int]], change: Change) -> None:
    before, now = counts(*(was for was, _ in cells)), counts(*(became for _, became in cells))

    told = size(change, BINS, before, now)

    assert number(told) >= 0
    if told.endswith("of values"):
        assert number(told) <= 100
    if change is not Change.LOCATION:
        assert "standard deviations" not in told
    if before == now:
        assert number(told) == 0


@pytest.mark.parametrize("change", [Change.CATEGORIES, Change.NEW_CATEGORY, Change.FROZEN])
def test_categories_have_no_standard_deviations(change: Change) -> None:
    bins = CategoricalBins("x", ("a", "b"))
    before = {"counts": [500_000, 500_000, 0], "missing": 0, "wrong_type": 0}
    now = {"counts": [0, 1_000_000, 0], "missing": 0, "wrong_type": 0}

    assert size(change, bins, before, now) == "50 % of values"

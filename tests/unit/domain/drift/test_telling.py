from typing import Any

import numpy as np

from sluice.domain.drift.binning import Role
from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.finding import Change, DriftFinding, Judgement
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary
from sluice.domain.evidence.finding import Verdict
from tests.drift_builders import CARRIERS, a_reference, a_window, some_rows

HOURLY = Rules()
ROWS = 1000


def look(*windows: Summary, rules: Rules = HOURLY) -> Judgement:
    return judge([Watched(a_reference(), windows)], rules)


def found(**columns: Any) -> DriftFinding:
    """The only feature that has drifted."""
    (finding,) = look(a_window(**columns)).drifted
    return finding


def temps(rows: int = ROWS) -> Any:
    return some_rows(rows, seed=10)["temp"]


def test_what_has_moved_is_told_in_its_own_units() -> None:
    finding = found(temp=temps() + 8)

    assert (finding.feature, finding.change, finding.role) == ("temp", Change.LOCATION, Role.INPUT)
    assert finding.reason.startswith("temp: median moved from 49.9 to 57.4")
    assert 0.6 < finding.effect < 1.0
    assert finding.p < 1e-20


def test_what_has_widened_is_told_by_quartiles() -> None:
    finding = found(temp=50 + (temps() - 50) * 1.6)

    assert finding.change is Change.SPREAD
    assert "the middle half of all values lay from 43." in finding.reason


def test_what_has_changed_in_one_place_is_told_by_that_place() -> None:
    delay = some_rows(ROWS, seed=10)["delay"]
    delay[::12] = 7.4

    finding = found(delay=delay)

    assert finding.change is Change.SHAPE
    assert "values between 7.28 and 7.88 went from 3.13 % to 12.1 %" in finding.reason


def test_missing_values_are_found_long_before_they_are_many() -> None:
    temp = temps()
    temp[::14] = np.nan

    finding = found(temp=temp)

    assert finding.change is Change.MISSING
    assert "missing values went from 1.86 % to 9.9 % of all rows" in finding.reason


def test_texts_among_numbers_are_told_as_such() -> None:
    temp = temps().tolist()
    temp[:40] = ["52"] * 40

    assert found(temp=temp).change is Change.WRONG_TYPE
    assert "values of the wrong type went from 0 % to 4 % of all rows" in found(temp=temp).reason


def test_values_out_of_range_are_told_by_side() -> None:
    temp = temps()
    temp[:20] = 3000

    finding = found(temp=temp)

    assert finding.change is Change.OUT_OF_RANGE
    assert "values above 8" in finding.reason
    temp[:20] = -3000
    assert "values below 1" in found(temp=temp).reason


def test_infinities_are_told_apart() -> None:
    temp = temps()
    temp[:20] = np.inf

    finding = found(temp=temp)

    assert finding.change is Change.NON_FINITE
    assert "20 of them not finite" in finding.reason


def test_a_change_of_unit_is_told_whatever_the_range() -> None:
    finding = found(delay=some_rows(ROWS, seed=10)["delay"] * 600)

    assert "median moved from 7.28 to above 167" in finding.reason


def test_a_frozen_sensor_is_told_first() -> None:
    finding = found(temp=[61.0] * ROWS)

    assert finding.change is Change.FROZEN
    assert "temp: all 1,000 values between 59.9 and 61" in finding.reason
    assert found(carrier=["DL"] * ROWS).reason.startswith("carrier: all 1,000 values are 'DL', as ")


def test_values_of_unknown_categories_alone_are_not_called_frozen() -> None:
    finding = found(carrier=["XX"] * ROWS)

    assert finding.change is Change.NEW_CATEGORY
    assert finding.size == "100 % of values"


def test_a_category_that_was_renamed_is_told_with_the_one_that_is_gone() -> None:
    finding = found(carrier=["Delta" if each == "DL" else each for each in some_rows(ROWS, seed=10)["carrier"]])

    assert finding.change is Change.NEW_CATEGORY
    assert "other categories went from 0 % to 2" in finding.reason
    assert "'DL' from 19.8 % to 0 %" in finding.reason


def test_a_few_new_categories_are_found_by_themselves() -> None:
    carrier = some_rows(ROWS, seed=10)["carrier"]
    carrier[:6] = [f"X{place}" for place in range(6)]

    finding = found(carrier=carrier)

    assert finding.change is Change.NEW_CATEGORY
    assert "categories other than the 5 known ones went from 0 % to 0.6 % of all" in finding.reason


def test_other_shares_of_known_categories_are_told() -> None:
    carrier = np.random.default_rng(1).choice(CARRIERS, ROWS, p=[0.2, 0.4, 0.2, 0.15, 0.05]).tolist()

    finding = found(carrier=carrier)

    assert finding.change is Change.CATEGORIES
    assert "'B6' went from 2" in finding.reason
    assert "'AA' from 3" in finding.reason


def test_several_changes_of_a_feature_are_told_together_and_the_worst_feature_first() -> None:
    temp = temps() + 4
    temp[::8] = np.nan

    judgement = look(a_window(temp=temp, delay=[5.0] * ROWS))

    assert judgement.verdict is Verdict.FAIL
    assert [finding.feature for finding in judgement.drifted] == ["delay", "temp"]
    assert "missing values went" in judgement.drifted[1].reason
    assert "median moved" in judgement.drifted[1].reason
    assert judgement.reason.count("; temp: ") == 1


def test_a_constant_that_changes_is_out_of_range() -> None:
    reference = build_reference({"x": [1.0] * 1000}, seed=1, choices=Choices(draws=0))

    judgement = judge([Watched(reference, [summarise(reference.binning, {"x": [1.0] * 180 + [2.0] * 20})])])

    assert judgement.drifted[0].change is Change.OUT_OF_RANGE

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.binning import CategoricalBins, NumericBins
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.model_monitor_export import constraints_of, statistics_of, violations_of
from sluice.domain.drift.model_monitor_import import import_baseline
from sluice.domain.drift.reference import Moments
from sluice.domain.drift.summarise import summarise
from tests.drift_builders import a_reference, a_window, some_rows
from tests.model_monitor_baseline import CONSTRAINTS, STATISTICS, sketched


def test_a_baseline_becomes_a_reference() -> None:
    reference = import_baseline(STATISTICS)

    assert reference.binning.features == (
        NumericBins("temp", (40.0, 60.0), 20.5, 90.0),
        CategoricalBins("carrier", ("AA", "UA")),
    )
    assert reference.summary.rows == 1000
    assert reference.summary.counts.tolist() == [190, 700, 100, 10, 0, 0, 0, 0, 600, 390, 10, 0, 0]
    assert reference.moments == (Moments(50.5, 10.25, 20.5, 90.0), None)
    assert any("blocks" in told for told in reference.lacks)


def test_constraints_add_categories_and_a_bound() -> None:
    reference = import_baseline(STATISTICS, CONSTRAINTS)

    temp, carrier = reference.binning.features
    assert isinstance(temp, NumericBins)
    assert temp.low == 0.0
    assert carrier == CategoricalBins("carrier", ("AA", "UA", "WN"))


def test_a_sketch_gives_finer_cells_than_its_buckets() -> None:
    reference = import_baseline(sketched())

    temp, _ = reference.binning.features
    assert isinstance(temp, NumericBins)
    assert len(temp.edges) == 31
    counts = reference.summary.counts[:32]
    assert counts.sum() == 990
    assert counts.min() >= 29
    assert temp.edges[15] == pytest.approx(50, abs=1.0)


def test_windows_are_judged_by_an_imported_baseline() -> None:
    reference = import_baseline(sketched(), CONSTRAINTS)
    generator = np.random.default_rng(2)

    def drifted(shift: float) -> list[str]:
        columns: dict[str, Any] = {
            "temp": generator.normal(50 + shift, 10, 500),
            "carrier": ["AA"] * 300 + ["UA"] * 195 + ["WN"] * 5,
        }
        return [each.feature for each in judge([Watched(reference, [summarise(reference.binning, columns)])]).drifted]

    assert drifted(0.0) == []
    assert drifted(5.0) == ["temp"]


def test_a_round_trip_keeps_the_numbers() -> None:
    for reference in (import_baseline(STATISTICS, CONSTRAINTS), a_reference()):
        exported = json.loads(json.dumps(statistics_of(reference)))

        again = import_baseline(exported)

        assert statistics_of(again) == exported
        assert [bins.name for bins in again.binning.features] == [bins.name for bins in reference.binning.features]


def test_exported_statistics_are_those_that_were_imported() -> None:
    temp, carrier = statistics_of(import_baseline(STATISTICS))["features"]

    assert temp == STATISTICS["features"][0]
    assert carrier["string_statistics"] == STATISTICS["features"][1]["string_statistics"] | {"distinct_count": 2}


def test_a_reference_is_exported_as_model_monitor_documents_it() -> None:
    statistics = statistics_of(a_reference())
    temp, _, seats, carrier, *_ = statistics["features"]

    assert statistics["dataset"] == {"item_count": 10_000}
    numbers = temp["numerical_statistics"]
    assert numbers["common"]["num_present"] + numbers["common"]["num_missing"] == 10_000
    assert numbers["sum"] == pytest.approx(np.nansum(some_rows(10_000, seed=1)["temp"]))
    assert sum(bucket["count"] for bucket in numbers["distribution"]["kll"]["buckets"]) == 9814
    assert (temp["inferred_type"], seats["inferred_type"], carrier["inferred_type"]) == (
        "Fractional",
        "Integral",
        "String",
    )


def test_suggested_constraints_say_how_complete_and_which_values() -> None:
    constraints = constraints_of(a_reference())
    temp, delay, _, carrier, *_ = constraints["features"]

    assert temp == {
        "name": "temp",
        "inferred_type": "Fractional",
        "completeness": 0.9814,
        "num_constraints": {"is_non_negative": True},
    }
    assert delay["completeness"] == 1.0
    assert carrier["string_constraints"] == {"domains": ["AA", "B6", "DL", "UA", "WN"]}
    assert constraints["monitoring_config"]["distribution_constraints"]["comparison_method"] == "Robust"


def test_a_rebased_reference_has_the_moments_of_its_cells() -> None:
    rebased = a_reference().rebased(a_window(seed=60, temp=[60.0] * 1000))

    numbers = statistics_of(rebased)["features"][0]["numerical_statistics"]

    assert numbers["mean"] == pytest.approx(60, abs=1)
    assert numbers["std_dev"] == 0
    assert constraints_of(rebased)["features"][0]["num_constraints"] == {"is_non_negative": True}


def test_findings_are_exported_as_violations() -> None:
    window = a_window(
        temp=[None] * 1000, delay=some_rows(1000, seed=10)["delay"] * 3, seats=["x"] * 1000, carrier=["ZZ"] * 1000
    )

    violations = violations_of(judge([Watched(a_reference(), [window])]))["violations"]

    assert {each["feature_name"]: each["constraint_check_type"] for each in violations} == {
        "temp": "completeness_check",
        "delay": "baseline_drift_check",
        "seats": "data_type_check",
        "carrier": "categorical_values_check",
    }
    assert all(each["description"].startswith(each["feature_name"]) for each in violations)


def test_a_feature_without_a_value_is_imported_as_such() -> None:
    form = deepcopy(STATISTICS)
    form["features"][0]["numerical_statistics"]["common"] = {"num_present": 0, "num_missing": 1000}

    reference = import_baseline(form)

    assert reference.summary.counts[:6].tolist() == [0, 1000, 0, 0, 0, 0]
    assert "temp has no value in any row: its values cannot be judged" in reference.lacks


def test_buckets_without_width_are_one() -> None:
    form = deepcopy(STATISTICS)
    form["features"][0]["numerical_statistics"]["distribution"]["kll"]["buckets"] = [
        {"lower_bound": 5.0, "upper_bound": 5.0, "count": 90},
        {"lower_bound": 5.0, "upper_bound": 5.0, "count": 900},
        {"lower_bound": 5.0, "upper_bound": 5.0, "count": 0},
    ]

    assert import_baseline(form).summary.counts[:2].tolist() == [990, 10]

"""What is exported has the keys and values that AWS documents, and what tests import has them too."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sluice.domain.drift.binning import CategoricalBins, NumericBins
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.model_monitor_export import constraints_of, statistics_of, violations_of
from sluice.domain.drift.model_monitor_import import import_baseline
from sluice.domain.drift.reference import Reference
from tests.drift_builders import a_reference, a_window, some_rows
from tests.model_monitor_baseline import CONSTRAINTS, STATISTICS, sketched

SCHEMAS = Path(__file__).parents[3] / "vectors" / "model_monitor"


def differences(form: Any, name: str) -> list[str]:
    """Where a file is not as documented, as its readers see it: JSON without NaN."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    errors = Draft202012Validator(schema).iter_errors(json.loads(json.dumps(form, allow_nan=False)))
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def rebased() -> Reference:
    return a_reference().rebased(a_window(seed=60, temp=[60.0] * 1000))


def without_values() -> Reference:
    form = json.loads(json.dumps(STATISTICS))
    form["features"][0]["numerical_statistics"]["common"] = {"num_present": 0, "num_missing": 1000}
    return import_baseline(form)


@pytest.mark.parametrize(
    "made",
    [a_reference, rebased, without_values, lambda: import_baseline(sketched(), CONSTRAINTS)],
    ids=["built", "rebased", "a feature without values", "imported"],
)
def test_statistics_and_constraints_are_as_documented(made: Callable[[], Reference]) -> None:
    reference = made()

    assert differences(statistics_of(reference), "statistics") == []
    assert differences(constraints_of(reference), "constraints") == []


@pytest.mark.parametrize("statistics", [STATISTICS, sketched()], ids=["buckets", "sketch"])
def test_the_baselines_of_these_tests_are_as_documented(statistics: Any) -> None:
    assert differences(statistics, "statistics") == []
    assert differences(CONSTRAINTS, "constraints") == []


def test_the_thresholds_are_those_of_the_prebuilt_container() -> None:
    config = constraints_of(a_reference())["monitoring_config"]

    assert config.pop("distribution_constraints") == {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
        "categorical_comparison_threshold": 0.1,
        "categorical_drift_method": "LInfinity",
    }
    assert config == {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
    }


@pytest.mark.parametrize(
    ("temp", "kind"),
    [
        ([float("inf")] * 1000, "data_type_check"),
        (["warm"] * 1000, "data_type_check"),
        ([None] * 1000, "completeness_check"),
        ([50.0] * 1000, "baseline_drift_check"),
    ],
    ids=["not finite", "of another type", "missing", "frozen"],
)
def test_violations_are_as_documented(temp: list[Any], kind: str) -> None:
    window = a_window(temp=temp, delay=some_rows(1000, seed=10)["delay"] * 3, carrier=["ZZ"] * 1000)

    violations = violations_of(judge([Watched(a_reference(), [window])]))

    assert differences(violations, "constraint_violations") == []
    assert {each["feature_name"]: each["constraint_check_type"] for each in violations["violations"]} == {
        "temp": kind,
        "delay": "baseline_drift_check",
        "carrier": "categorical_values_check",
    }


def test_a_round_trip_of_both_files_keeps_what_is_read_of_constraints() -> None:
    reference = import_baseline(STATISTICS, CONSTRAINTS)
    statistics, constraints = (json.loads(json.dumps(form(reference))) for form in (statistics_of, constraints_of))
    buckets = statistics["features"][1]["string_statistics"]["distribution"]["categorical"]["buckets"]
    buckets[:] = [bucket for bucket in buckets if bucket["count"]]  # a container writes those that it has seen

    again = import_baseline(statistics, constraints)

    assert again.binning.features == (
        NumericBins("temp", (40.0, 60.0), 0.0, 90.0),
        CategoricalBins("carrier", ("AA", "UA", "WN")),
    )
    assert again.summary.counts.tolist() == reference.summary.counts.tolist()
    assert constraints_of(again) == constraints


def test_an_item_of_a_sketch_stands_for_two_to_the_power_of_its_level() -> None:
    form = sketched()
    data = [[float(value) for value in range(25, 65)], [], [float(value) for value in range(65, 85)]]
    form["features"][0]["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"] = data

    temp = statistics_of(import_baseline(form))["features"][0]["numerical_statistics"]

    buckets = temp["distribution"]["kll"]["buckets"]
    assert sum(each["count"] for each in buckets if each["upper_bound"] <= 64) == pytest.approx(990 * 40 / 120, abs=20)
    assert sum(each["count"] for each in buckets if each["lower_bound"] >= 74) == pytest.approx(990 * 40 / 120, abs=20)

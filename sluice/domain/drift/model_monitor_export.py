"""How do tools that read SageMaker Model Monitor's files see a reference? As statistics.json and constraints.json.

And what was found in a window as constraint_violations.json. Formats: docs.aws.amazon.com/sagemaker/latest/dg,
model-monitor-byoc-statistics, -byoc-constraints and -interpreting-violations. The buckets are our cells, of about equal
counts; an exact sketch is not kept.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from sluice.domain.drift.binning import CategoricalBins, FeatureBins, NumericBins
from sluice.domain.drift.finding import Change, Judgement
from sluice.domain.drift.reference import Moments, Reference
from sluice.domain.drift.summary_form import feature_counts
from sluice.domain.drift.words import Counts

_VERSION = 0.0
# The defaults of the prebuilt container.
_MONITORING_CONFIG: Mapping[str, Any] = MappingProxyType(
    {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": 0.1,
            "comparison_method": "Robust",
            "categorical_comparison_threshold": 0.1,
            "categorical_drift_method": "LInfinity",
        },
    }
)
_CHECK_TYPES: Mapping[Change | None, str] = MappingProxyType(
    {
        Change.MISSING: "completeness_check",
        Change.WRONG_TYPE: "data_type_check",
        Change.NON_FINITE: "data_type_check",
        Change.NEW_CATEGORY: "categorical_values_check",
    }
)


def statistics_of(reference: Reference) -> dict[str, Any]:
    """The reference as statistics.json."""
    return {
        "version": _VERSION,
        "dataset": {"item_count": reference.summary.rows},
        "features": [
            _numeric(bins, counts, moments) if isinstance(bins, NumericBins) else _categorical(bins, counts)
            for bins, counts, moments in _features(reference)
        ],
    }


def constraints_of(reference: Reference) -> dict[str, Any]:
    """What the reference suggests as constraints.json."""
    return {
        "version": _VERSION,
        "features": [_constraints(bins, counts, moments) for bins, counts, moments in _features(reference)],
        "monitoring_config": {
            **_MONITORING_CONFIG,
            "distribution_constraints": dict(_MONITORING_CONFIG["distribution_constraints"]),
        },
    }


def violations_of(judgement: Judgement) -> dict[str, Any]:
    """What has drifted as constraint_violations.json."""
    return {
        "violations": [
            {
                "feature_name": finding.feature,
                "constraint_check_type": _CHECK_TYPES.get(finding.change, "baseline_drift_check"),
                "description": finding.reason,
            }
            for finding in judgement.drifted
        ]
    }


def _features(reference: Reference) -> Iterator[tuple[FeatureBins, Counts, Moments | None]]:
    binning = reference.binning
    for bins, at, moments in zip(binning.features, binning.features_at, reference.moments, strict=True):
        yield bins, feature_counts(bins, reference.summary.counts[at]), moments


def _common(counts: Counts) -> dict[str, int]:
    return {"num_present": sum(counts["counts"]), "num_missing": counts["missing"] + counts["wrong_type"]}


def _numeric(bins: NumericBins, counts: Counts, moments: Moments | None) -> dict[str, Any]:
    common, known = _common(counts), moments or _of_cells(bins, counts)
    bounds = [known.minimum, *bins.edges, known.maximum]
    buckets = [
        {"lower_bound": lower, "upper_bound": upper, "count": count}
        for lower, upper, count in zip(bounds[:-1], bounds[1:], counts["counts"], strict=True)
    ]
    return {
        "name": bins.name,
        "inferred_type": _type(bins, known),
        "numerical_statistics": {
            "common": common,
            "mean": known.mean,
            "sum": known.mean * common["num_present"],
            "std_dev": known.std_dev,
            "min": known.minimum,
            "max": known.maximum,
            "distribution": {"kll": {"buckets": buckets}},
        },
    }


def _of_cells(bins: NumericBins, counts: Counts) -> Moments:
    """Moments of a reference that was rebased and so knows none: with values taken as the middle of their cell."""
    bounds = [min([bins.low, *bins.edges[:1]]), *bins.edges, max([bins.high, *bins.edges[-1:]])]
    rows = max(sum(counts["counts"]), 1)
    middles = [(lower + upper) / 2 for lower, upper in pairwise(bounds)]
    pairs = list(zip(middles, counts["counts"], strict=True))
    mean = sum(middle * count for middle, count in pairs) / rows
    variance = sum((middle - mean) ** 2 * count for middle, count in pairs) / rows
    return Moments(mean, variance**0.5, bounds[0], bounds[-1])


def _type(bins: NumericBins, moments: Moments) -> str:
    values = (*bins.edges, moments.minimum, moments.maximum)
    return "Integral" if all(value.is_integer() for value in values) else "Fractional"


def _categorical(bins: CategoricalBins, counts: Counts) -> dict[str, Any]:
    categories = bins.categories
    buckets = [{"value": value, "count": count} for value, count in zip(categories, counts["counts"][:-1], strict=True)]
    return {
        "name": bins.name,
        "inferred_type": "String",
        "string_statistics": {
            "common": _common(counts),
            "distinct_count": len(categories),
            "distribution": {"categorical": {"buckets": buckets}},
        },
    }


def _constraints(bins: FeatureBins, counts: Counts, moments: Moments | None) -> dict[str, Any]:
    common = _common(counts)
    form: dict[str, Any] = {
        "name": bins.name,
        "completeness": common["num_present"] / max(sum(common.values()), 1),
    }
    if not isinstance(bins, NumericBins):
        return form | {"inferred_type": "String", "string_constraints": {"domains": list(bins.categories)}}
    known = moments or _of_cells(bins, counts)
    return form | {
        "inferred_type": _type(bins, known),
        "num_constraints": {"is_non_negative": known.minimum >= 0},
    }

"""How does a user of SageMaker Model Monitor move? Their ``statistics.json`` and ``constraints.json`` are read.

Formats: docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html and -byoc-constraints.html. Where a
feature's KLL sketch is kept, its items give 31 quantile edges as a reference of ours has; else its buckets become the
cells. The range is from the least to the largest value, for a sketch knows little of the outermost.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning, CategoricalBins, FeatureBins, NumericBins
from sluice.domain.drift.design import Design
from sluice.domain.drift.edges import CELLS
from sluice.domain.drift.reference import Moments, Reference
from sluice.domain.drift.summary import Summary
from sluice.domain.errors import InvalidReference


class _Feature(NamedTuple):
    bins: FeatureBins
    counts: list[int]
    moments: Moments | None


def import_baseline(statistics: Any, constraints: Any = None, *, most_categories: int = 100) -> Reference:
    """Read a baseline. Features of an unknown type, which have no statistics, are left out.

    ``constraints`` adds categories that the data lacked and, where a feature is never negative, that bound. Raises
    InvalidReference, which names the place.
    """
    try:
        rows = _count(statistics["dataset"]["item_count"])
        bound = {} if constraints is None else {each["name"]: each for each in constraints["features"]}
        found = [
            _read(place, feature, bound, most_categories)
            for place, feature in enumerate(statistics["features"])
            if "numerical_statistics" in feature or "string_statistics" in feature
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidReference(f"statistics.json or constraints.json: {type(error).__name__} {error}") from error
    binning = Binning(tuple(each.bins for each in found))
    counts = np.array([count for each in found for count in each.counts], dtype=np.int64)
    moments = tuple(each.moments for each in found)
    return Reference(binning, Summary(binning.id, rows, counts), moments, (Design(),) * len(found))


def _read(place: int, form: Mapping[str, Any], bound: Mapping[str, Any], most_categories: int) -> _Feature:
    try:
        name = str(form["name"])
        constraints = bound.get(name, {})
        if "numerical_statistics" in form:
            is_positive = constraints.get("num_constraints", {}).get("is_non_negative") is True
            return _numeric(name, form["numerical_statistics"], is_positive=is_positive)
        domains = constraints.get("string_constraints", {}).get("domains", [])
        return _categorical(name, form["string_statistics"], domains, most_categories)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidReference(f"statistics.json: features[{place}]: {type(error).__name__} {error}") from error


def _numeric(name: str, form: Mapping[str, Any], *, is_positive: bool) -> _Feature:
    present, missing = (_count(form["common"][side]) for side in ("num_present", "num_missing"))
    if not present:
        return _Feature(NumericBins(name, (), 0.0, 0.0), [0, missing, 0, 0, 0, 0], None)
    moments = Moments(*(_number(form[field]) for field in ("mean", "std_dev", "min", "max")))
    kll = form["distribution"]["kll"]
    data = kll.get("sketch", {}).get("data")
    edges, weights = _of_sketch(data) if data else _of_buckets(kll["buckets"])
    low = 0.0 if is_positive and moments.minimum >= 0 else moments.minimum
    bins = NumericBins(name, edges, low, moments.maximum)
    return _Feature(bins, [*_apportioned(present, weights), missing, 0, 0, 0, 0], moments)


def _of_sketch(data: Any) -> tuple[tuple[float, ...], Floats]:
    """Edges and the weight of each cell: an item at level i stands for 2^i values."""
    items = np.concatenate([np.asarray(level, dtype=np.float64) for level in data])
    weights = np.concatenate([np.full(len(level), 2.0**height) for height, level in enumerate(data)])
    order = np.argsort(items, kind="stable")
    items, reached = items[order], np.cumsum(weights[order])
    wanted = np.arange(1, CELLS) / CELLS * reached[-1]
    edges = np.unique(items[np.searchsorted(reached, wanted, "left")])
    edges = edges[edges < items[-1]]
    at_edges = reached[np.searchsorted(items, edges, "right") - 1]
    return tuple(edges.tolist()), np.diff([0.0, *at_edges, reached[-1]])


def _of_buckets(buckets: Any) -> tuple[tuple[float, ...], Floats]:
    """Edges and counts as they stand; buckets of no width are one."""
    uppers = np.array([_number(bucket["upper_bound"]) for bucket in buckets])
    counts = [_count(bucket["count"]) for bucket in buckets]
    edges = np.unique(uppers)[:-1]
    weights = np.bincount(edges.searchsorted(uppers, "left"), weights=counts, minlength=len(edges) + 1)
    return tuple(edges.tolist()), weights.astype(np.float64)


def _apportioned(total: int, weights: Floats) -> list[int]:
    """So many rows by weight, each cell the whole part and the largest remainders one more."""
    exact = weights / max(float(weights.sum()), 1.0) * total
    counts = np.floor(exact).astype(np.int64)
    rest = total - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:rest]] += 1
    return [int(count) for count in counts]


def _categorical(name: str, form: Mapping[str, Any], domains: Any, most_categories: int) -> _Feature:
    present, missing = (_count(form["common"][side]) for side in ("num_present", "num_missing"))
    counts: dict[str, int] = {}
    for bucket in form["distribution"]["categorical"]["buckets"]:
        counts[str(bucket["value"])] = counts.get(str(bucket["value"]), 0) + _count(bucket["count"])
    for value in domains:
        counts.setdefault(str(value), 0)
    counts.pop("", None)  # is counted as missing
    kept = sorted(counts, key=lambda value: (-counts[value], value))[:most_categories]
    known = [counts[value] for value in kept]
    return _Feature(CategoricalBins(name, tuple(kept)), [*known, max(present - sum(known), 0), missing, 0], None)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"expected a number, got {value!r:.40}")
    return float(value)


def _count(value: Any) -> int:
    """Counts are written as 1000 or 1000.0."""
    number = _number(value)
    if number < 0 or number % 1 or number >= 1 << 53:
        raise InvalidReference(f"statistics.json: expected a count, got {value!r:.40}")
    return int(number)

"""How is a summary read by people? As JSON, feature by feature."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import Binning, FeatureBins
from sluice.domain.drift.summary import Summary, check_alike
from sluice.domain.errors import InvalidSummary


def summary_to_dict(binning: Binning, summary: Summary) -> dict[str, Any]:
    """JSON form: the cells of each feature and what is counted beside them, the score bins of each class."""
    check_alike(binning.id, summary.binning)
    features = zip(binning.features, binning.features_at, strict=True)
    scores = zip(binning.scores, binning.scores_at, strict=True)
    return {
        "binning": summary.binning,
        "rows": summary.rows,
        "features": {bins.name: feature_counts(bins, summary.counts[at]) for bins, at in features},
        "scores": {bins.name: summary.counts[at].reshape(2, -1).tolist() for bins, at in scores},
    }


def summary_from_dict(form: Any, binning: Binning) -> Summary:
    """Read the JSON form. Raises InvalidSummary, which names the place, or ReferenceMismatch."""
    if not isinstance(form, Mapping) or not {"binning", "rows", "features", "scores"} <= form.keys():
        raise InvalidSummary("a summary is an object with binning, rows, features and scores")
    check_alike(binning.id, str(form["binning"]))
    features, scores = (_object(form[side], side) for side in ("features", "scores"))
    counts = [read_feature_counts(bins, features.get(bins.name), "features") for bins in binning.features]
    for bins in binning.scores:
        where = f"scores.{bins.name}"
        rows = scores.get(bins.name)
        if not isinstance(rows, list) or len(rows) != 2:  # noqa: PLR2004
            raise InvalidSummary(f"{where}: expected two lists of counts, got {rows!r:.60}")
        counts += [whole_numbers(row, where, length=bins.cells) for row in rows]
    (rows_counted,) = whole_numbers([form["rows"]], "rows", length=1)
    return Summary(binning.id, int(rows_counted), np.concatenate(counts))


def feature_counts(bins: FeatureBins, counts: Counts) -> dict[str, Any]:
    """One feature's counters by name."""
    return {"counts": counts[: bins.cells].tolist()} | dict(zip(bins.slots, counts[bins.cells :].tolist(), strict=True))


def read_feature_counts(bins: FeatureBins, form: Any, parent: str) -> Counts:
    """Read one feature's counters. Raises InvalidSummary, which names the place."""
    where = f"{parent}.{bins.name}"
    form = _object(form, where)
    cells = whole_numbers(form.get("counts"), f"{where}.counts", length=bins.cells)
    beside = [whole_numbers([form.get(slot)], f"{where}.{slot}", length=1) for slot in bins.slots]
    return np.concatenate([cells, *beside])


def whole_numbers(form: Any, where: str, *, length: int) -> Counts:
    """Read counts. Raises InvalidSummary unless there are so many, none negative or beyond 63 bits."""
    if not isinstance(form, list) or len(form) != length or not all(map(_is_count, form)):
        raise InvalidSummary(f"{where}: expected {length} whole number(s), 0 or more, got {_shown(form)}")
    return np.array(form, dtype=np.int64)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _shown(form: Any) -> str:
    return f"{len(form)} like {form[0]!r:.30}" if isinstance(form, Sequence) and form else f"{form!r:.60}"


def _object(form: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(form, Mapping):
        raise InvalidSummary(f"{where}: expected an object, got {form!r:.60}")
    return form

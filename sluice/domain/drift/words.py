"""How is a change told? In the feature's own units: medians, quartiles, shares of rows."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from sluice.domain.drift.binning import CategoricalBins, FeatureBins, NumericBins
from sluice.domain.drift.figures import number, share
from sluice.domain.drift.unknown import Words

Counts = Mapping[str, Any]

_MOST_WORDS = 5


def moved(bins: NumericBins, before: Counts, now: Counts) -> str:
    """Of a change of location; where the median stayed, of the cell whose share changed most."""
    was, became = (quantile(bins, counts, 0.5) for counts in (before, now))
    return reshaped(bins, before, now) if was == became else f"median moved from {was} to {became}"


def spread(bins: NumericBins, before: Counts, now: Counts) -> str:
    """Of a change of spread."""
    first, second = (
        f"from {quantile(bins, counts, 0.25)} to {quantile(bins, counts, 0.75)}" for counts in (before, now)
    )
    return f"the middle half of all values lay {first}, now {second}"


def reshaped(bins: NumericBins, before: Counts, now: Counts) -> str:
    """Of a change of shape: the cell whose share changed most."""
    cell, was, became = _most_changed(before["counts"], now["counts"])
    return f"values {_cell(bins, cell)} went from {share(was)} to {share(became)} of all"


def frozen(bins: FeatureBins, before: Counts, now: Counts) -> str | None:
    """Of a window with values of one cell only, within the range; None where that is not so, or was so before."""
    cells, was = now["counts"], before["counts"]
    full = [cell for cell, count in enumerate(cells) if count]
    if len(full) != 1 or 2 * was[full[0]] > sum(was) or now.get("below") or now.get("above"):
        return None
    if isinstance(bins, CategoricalBins) and full[0] == len(bins.categories):
        return None
    where = _cell(bins, full[0]) if isinstance(bins, NumericBins) else f"are {_category(bins, full[0])}"
    return f"all {sum(cells):,} values {where}, as {share(was[full[0]] / max(sum(was), 1))} were"


def remixed(bins: CategoricalBins, before: Counts, now: Counts) -> tuple[str, bool]:
    """Of a change of categories: which grew most and which shrank most, and whether it was unknown ones that grew."""
    grown, shrunk = (_most_changed(before["counts"], now["counts"], sign=sign) for sign in (1, -1))
    (cell, was, became), (other, others_were, others_became) = grown, shrunk
    told = f"{_category(bins, cell)} went from {share(was)} to {share(became)} of all"
    is_unknown = cell == len(bins.categories)
    return f"{told}, {_category(bins, other)} from {share(others_were)} to {share(others_became)}", is_unknown


def lacking(before: Counts, now: Counts) -> tuple[str, bool]:
    """Of a change of what is missing or of the wrong type, and whether it is the latter."""
    shares = {slot: (_part(before, slot), _part(now, slot)) for slot in ("missing", "wrong_type")}
    slot = max(shares, key=lambda slot: abs(shares[slot][1] - shares[slot][0]))
    was, became = shares[slot]
    name = "values of the wrong type" if slot == "wrong_type" else "missing values"
    return f"{name} went from {share(was)} to {share(became)} of all rows", slot == "wrong_type"


def outlying(bins: NumericBins, before: Counts, now: Counts) -> tuple[str, bool]:
    """Of a change of what is out of range, and whether most of that is not finite."""
    slot = max(("below", "above"), key=lambda slot: abs(_of_values(now, slot) - _of_values(before, slot)))
    bound = f"below {number(bins.low)}" if slot == "below" else f"above {number(bins.high)}"
    told = f"values {bound} went from {share(_of_values(before, slot))} to {share(_of_values(now, slot))} of all"
    infinite = now["non_finite"]
    if 2 * infinite <= now[slot]:
        return told, False
    return f"{told}, {infinite:,} of them not finite", True


def unknown(bins: CategoricalBins, before: Counts, now: Counts) -> str:
    """Of a change of categories that the reference does not know."""
    was, became = (counts["counts"][-1] / max(sum(counts["counts"]), 1) for counts in (before, now))
    return (
        f"categories other than the {len(bins.categories)} known ones went from {share(was)} to {share(became)} of all"
    )


def listed(words: Words, now: Counts) -> str:
    """Unknown words, the most frequent first: in how many rows each is, or between which two numbers that lies."""
    shown = dict(list(words.counts.items())[:_MOST_WORDS])
    told = ", ".join(f"{word!r:.40} ({_rows(rows, words.short)})" for word, rows in shown.items())
    return f"{told} and others" if sum(shown.values()) < now["counts"][-1] else told


def quantile(bins: NumericBins, counts: Counts, at: float) -> str:
    """A quantile, interpolated within its cell; beyond the range only that is known."""
    wanted = at * sum(counts["counts"])
    if wanted < counts["below"]:
        return f"below {number(bins.low)}"
    if wanted > sum(counts["counts"]) - counts["above"]:
        return f"above {number(bins.high)}"
    return number(_interpolated(bins, counts["counts"], wanted))


def median(bins: NumericBins, counts: Counts) -> float | None:
    """The median, interpolated within its cell; None beyond the range."""
    wanted = sum(counts["counts"]) / 2
    is_known = counts["below"] <= wanted <= sum(counts["counts"]) - counts["above"]
    return _interpolated(bins, counts["counts"], wanted) if is_known else None


def bounds(bins: NumericBins) -> list[float]:
    """Where cells begin and end; the first and the last as far as the range, and no further."""
    return [min([bins.low, *bins.edges[:1]]), *bins.edges, max([bins.high, *bins.edges[-1:]])]


def _rows(least: int, short: int) -> str:
    return f"{max(least, 1):,} to {least + short:,}" if short else f"{least:,}"


def _interpolated(bins: NumericBins, cells: Sequence[int], wanted: float) -> float:
    reached = list(accumulate(cells))
    cell = next((cell for cell, so_far in enumerate(reached) if so_far >= wanted and cells[cell]), 0)
    part = (wanted - reached[cell] + cells[cell]) / max(cells[cell], 1)
    low, high = bounds(bins)[cell : cell + 2]
    return low + part * (high - low)


def _part(counts: Counts, slot: str) -> float:
    """The share of all rows."""
    rows = sum(counts["counts"]) + counts["missing"] + counts["wrong_type"]
    return float(counts[slot] / max(rows, 1))


def _of_values(counts: Counts, slot: str) -> float:
    return float(counts[slot] / max(sum(counts["counts"]), 1))


def _most_changed(before: Sequence[int], now: Sequence[int], sign: int = 0) -> tuple[int, float, float]:
    """The cell that changed most (of those that grew, for sign 1; that shrank, for -1), its share before and now."""
    was, became = ([count / max(sum(cells), 1) for count in cells] for cells in (before, now))
    changes = [new - old for old, new in zip(was, became, strict=True)]
    cell = max(range(len(changes)), key=lambda cell: sign * changes[cell] if sign else abs(changes[cell]))
    return cell, was[cell], became[cell]


def _cell(bins: NumericBins, cell: int) -> str:
    if not bins.edges:
        return f"around {number(bins.low)}"
    if cell == 0:
        return f"up to {number(bins.edges[0])}"
    if cell == len(bins.edges):
        return f"above {number(bins.edges[-1])}"
    return f"between {number(bins.edges[cell - 1])} and {number(bins.edges[cell])}"


def _category(bins: CategoricalBins, cell: int) -> str:
    return f"{bins.categories[cell]!r:.40}" if cell < len(bins.categories) else "other categories"

"""How are a million numbers counted into fixed bins? Sorted in blocks, and the few edges looked up in each.

A block fits into the cache and numpy sorts with SIMD, so this costs about ten passes over the data and no memory;
looking every value up among the edges (``searchsorted`` and ``bincount``) costs five times as much.
"""

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.array import Counts, Floats
from sluice.domain.drift.binning import NumericBins
from sluice.domain.drift.column import Column, numbers

_BLOCK = 16384  # values


def count_numbers(bins: NumericBins, column: Column) -> Counts:
    """The counters of a numeric feature: cells, missing, wrong_type, below, above, non_finite.

    Infinities lie in the outer cells, outside of the range and among ``non_finite``. Edges are rounded to the width
    of the data, as the data was, and data to the width of the edges: 10.35702, once an edge as the float32 10.357019,
    is at most that edge where it is read with all its digits.
    """
    values, wrong_type = numbers(column)
    inf, below, *inner, high, largest, known = _at_most(values, bins).tolist()
    cells = (count - before for before, count in pairwise((0, *inner, known)))
    beyond = inf + known - largest
    return np.array([*cells, len(values) - known, wrong_type, below, known - high, beyond], dtype=np.int64)


def count_cells(values: NDArray[Any], edges: tuple[float, ...]) -> Counts:
    """Values in each cell, without those that are NaN."""
    at_most = _cumulative(values, np.array([*_reach(np.array(edges), _width(values)), np.inf]))
    return np.diff(at_most, prepend=0)


def _at_most(values: NDArray[Any], bins: NumericBins) -> Counts:
    """How many values are -inf, below the range, at most each edge, at most the range, finite or -inf, not NaN."""
    return _cumulative(values, _needles(bins, is_narrow=_width(values) is np.float32))


@lru_cache(1024)
def _needles(bins: NumericBins, *, is_narrow: bool) -> NDArray[Any]:
    """What values are looked up among; remembered, for slices are many and small."""
    width: type[np.floating[Any]] = np.float32 if is_narrow else np.float64
    minus_low, *inner, high = _reach(np.array([-bins.low, *bins.edges, bins.high]), width)
    ends = np.array([np.finfo(width).max, np.inf], dtype=width)
    return np.concatenate(([-np.inf, np.nextafter(-minus_low, -ends[1])], inner, [high], ends)).astype(width)


def _reach(bounds: Floats, width: type[np.floating[Any]]) -> NDArray[Any]:
    """The largest number of a width that is at most each bound: where all may be float32, whatever rounds to it."""
    with np.errstate(over="ignore"):  # a bound beyond float32 is infinite to float32 data
        single = bounds.astype(np.float32)
    if width is np.float32:
        return single
    if (single != bounds).any():
        return bounds
    following = np.minimum(np.nextafter(single, np.float32(np.inf)), np.finfo(np.float32).max)
    return (bounds + following) / 2


def _cumulative(values: NDArray[Any], needles: NDArray[Any]) -> Counts:
    """How many values are at most each needle."""
    width = _width(values)
    needles, at_most = needles.astype(width), np.zeros(len(needles), dtype=np.int64)
    may_be_narrow = width is np.float64
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK].astype(width, copy=False)
        counted = _narrowly(block, needles) if may_be_narrow else None
        if counted is None:
            may_be_narrow = False
            counted = np.sort(block).searchsorted(needles, "right")  # NaN goes last
        at_most += counted
    return at_most


def _narrowly(block: Floats, needles: Floats) -> NDArray[np.intp] | None:
    """The same by 32 bits, which sort in two thirds of the time; None where rounding may have moved a value.

    Rounding never changes an order, so it can only make a value and a needle equal.
    """
    with np.errstate(over="ignore"):
        rounded, ends = np.sort(block.astype(np.float32)), needles.astype(np.float32)
    at_most = rounded.searchsorted(ends, "right")
    return at_most if np.array_equal(at_most, rounded.searchsorted(ends, "left")) else None


def _width(values: NDArray[Any]) -> type[np.floating[Any]]:
    return np.float32 if values.dtype.kind == "f" and values.dtype.itemsize <= 4 else np.float64  # noqa: PLR2004

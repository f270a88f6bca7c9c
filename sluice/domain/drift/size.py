"""How large is a change, in a number that people can check? Its effect is for comparing changes, this for reading.

A move is told in standard deviations of the reference, any other change as the share of values, or of rows, that would
have to be others for the window to lie as the reference does: the total variation distance.
"""

from itertools import pairwise
from math import pi, sqrt

from sluice.domain.drift.binning import FeatureBins, NumericBins
from sluice.domain.drift.figures import share
from sluice.domain.drift.finding import Change
from sluice.domain.drift.words import Counts, bounds, median

_OF_ROWS = {Change.MISSING: "missing", Change.WRONG_TYPE: "wrong_type"}


def size(change: Change, bins: FeatureBins, before: Counts, now: Counts) -> str:
    """Such as ``0.75 standard deviations``, ``12 % of values`` or ``3 % of rows``."""
    if slot := _OF_ROWS.get(change):
        return f"{share(abs(_of_rows(now, slot) - _of_rows(before, slot)))} of rows"
    if change is Change.LOCATION and isinstance(bins, NumericBins) and (far := _distance(bins, before, now)):
        return f"{far:.2g} standard deviations"
    if change in {Change.OUT_OF_RANGE, Change.NON_FINITE}:
        return f"{share(abs(_outside(now) - _outside(before)))} of values"
    return f"{share(_elsewhere(before['counts'], now['counts']))} of values"


def _distance(bins: NumericBins, before: Counts, now: Counts) -> float:
    """Between the medians, in standard deviations; 0 where one lies beyond the range, or nothing varies."""
    was, became, deviation = median(bins, before), median(bins, now), _deviation(bins, before)
    return abs(became - was) / deviation if was is not None and became is not None and deviation else 0.0


def _deviation(bins: NumericBins, counts: Counts) -> float:
    """The standard deviation of values that lie evenly in each cell; what is out of range lies at its end."""
    cells, rows = counts["counts"], max(sum(counts["counts"]), 1)
    within = list(pairwise(bounds(bins)))
    mean = sum(count * (low + high) / 2 for count, (low, high) in zip(cells, within, strict=True)) / rows
    squares = (
        count * (((low + high) / 2 - mean) ** 2 + (high - low) ** 2 / 12)
        for count, (low, high) in zip(cells, within, strict=True)
    )
    return sqrt(sum(squares) / rows)


def _elsewhere(before: list[int], now: list[int]) -> float:
    """Half the sum of what the cells' shares differ by, less what that would be by chance, as one takes variances."""
    rows, others = max(sum(now), 1), max(sum(before), 1)
    shares = [(was / others, became / rows) for was, became in zip(before, now, strict=True)]
    distance = sum(abs(became - was) for was, became in shares) / 2
    chance = sum(sqrt(2 / pi * was * (1 - was) * (1 / rows + 1 / others)) for was, _ in shares) / 2
    return sqrt(max(distance**2 - chance**2, 0.0))


def _outside(counts: Counts) -> float:
    return float((counts["below"] + counts["above"]) / max(sum(counts["counts"]), 1))


def _of_rows(counts: Counts, slot: str) -> float:
    rows = sum(counts["counts"]) + counts["missing"] + counts["wrong_type"]
    return float(counts[slot] / max(rows, 1))

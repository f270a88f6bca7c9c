"""Which change of a feature was it, and how is it told?"""

from collections.abc import Iterator
from typing import NamedTuple

from sluice.domain.drift import words
from sluice.domain.drift.binning import CategoricalBins, FeatureBins, NumericBins
from sluice.domain.drift.comparison import Comparison
from sluice.domain.drift.finding import Change
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.size import size
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.summary_form import feature_counts
from sluice.domain.drift.unknown import Words
from sluice.domain.drift.words import Counts

# By so much a chi-square must be surer than the smooth tests for a change to be one of single cells.
_SURER = 1e-3
# What moves far enough changes in every respect: of those that count the simplest is told.
_LARGE = 1 / 3
_VALUES, _MISSING = 0, 1


_TELL_THEIR_SHARE = {
    Change.MISSING,
    Change.WRONG_TYPE,
    Change.OUT_OF_RANGE,
    Change.NON_FINITE,
    Change.NEW_CATEGORY,
    Change.FROZEN,
}


class _Feature(NamedTuple):
    bins: FeatureBins
    before: Counts
    now: Counts
    unknown: Words | None


class Told(NamedTuple):
    """A change in words, and how large it is."""

    change: Change
    reason: str
    size: str

    @property
    def sentence(self) -> str:
        """Both; the share of rows that are missing, or of another kind, is in the words already."""
        return self.reason if self.change in _TELL_THEIR_SHARE else f"{self.reason} ({self.size})"


def tell(
    reference: Reference,
    window: Summary,
    comparison: Comparison,
    place: int,
    *,
    alpha: float,
    unknown: Words | None = None,
) -> list[Told]:
    """What has changed about the feature at ``place``, the surest first; at least that, whatever ``alpha``.

    ``unknown``: its words in the window that the reference does not know; None where nobody kept any.
    """
    bins, at = reference.binning.features[place], reference.binning.features_at[place]
    before, now = (feature_counts(bins, summary.counts[at]) for summary in (reference.summary, window))
    feature = _Feature(bins, before, now, unknown)
    told = [_tell(feature, comparison, place, part) for part in _surest(comparison.parts[place].tolist(), alpha)]
    once: dict[Change, Told] = {}
    for each in told:
        once.setdefault(each.change, each)
    return sorted(once.values(), key=lambda each: each.change is not Change.FROZEN)


def _surest(parts: list[float], alpha: float) -> Iterator[int]:
    order = sorted(range(len(parts)), key=lambda part: parts[part])
    return (part for place, part in enumerate(order) if place == 0 or parts[part] <= alpha)


def _tell(feature: _Feature, comparison: Comparison, place: int, part: int) -> Told:
    change, reason = _in_words(feature, comparison, place, part)
    return Told(change, reason, size(change, feature.bins, feature.before, feature.now))


def _in_words(feature: _Feature, comparison: Comparison, place: int, part: int) -> tuple[Change, str]:
    bins, before, now, unknown = feature
    if part == _MISSING:
        reason, is_wrong_type = words.lacking(before, now)
        return Change.WRONG_TYPE if is_wrong_type else Change.MISSING, reason
    if part == _VALUES and (always := words.frozen(bins, before, now)) is not None:
        return Change.FROZEN, always
    if not isinstance(bins, NumericBins):
        change, reason = _of_categories(bins, before, now, part)
        if unknown is None or change is not Change.NEW_CATEGORY:
            return change, reason
        return change, f"{reason}, unknown are {words.listed(unknown, now)}"
    if part == _VALUES:
        change = _change(comparison, place)
        return change, _SENTENCES[change](bins, before, now)
    reason, is_infinite = words.outlying(bins, before, now)
    return Change.NON_FINITE if is_infinite else Change.OUT_OF_RANGE, reason


def _of_categories(bins: CategoricalBins, before: Counts, now: Counts, part: int) -> tuple[Change, str]:
    if part != _VALUES:
        return Change.NEW_CATEGORY, words.unknown(bins, before, now)
    reason, is_unknown = words.remixed(bins, before, now)
    return Change.NEW_CATEGORY if is_unknown else Change.CATEGORIES, reason


def _change(comparison: Comparison, place: int) -> Change:
    """Which kind of change of values it was."""
    *smooth, cells, _ = comparison.values.p_values[place].tolist()
    squares = comparison.values.coefficients[place] ** 2
    degree = int((squares >= _LARGE * squares.max()).argmax())
    if cells < min(smooth) * _SURER or degree > 1:
        return Change.SHAPE
    return Change.SPREAD if degree else Change.LOCATION


_SENTENCES = {Change.LOCATION: words.moved, Change.SPREAD: words.spread, Change.SHAPE: words.reshaped}

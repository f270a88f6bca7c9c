"""What is left of the reference of a sensitive input? How often it is missing or of the wrong type, nothing else.

Hashes in place of its categories would hide little: whoever has a list of postcodes or birthdays hashes them all and
sees which are there. Quantiles, the least and the largest of a number are values of single people, too.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import Binning, CategoricalBins, FeatureBins, NumericBins, Role
from sluice.domain.drift.design import Design
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.tail_table import LEVELS, TailTable

# Numbers are counted at the width of FP32: the last but one of these, for something must lie out of range.
_LARGEST = float(np.nextafter(np.finfo(np.float32).max, np.float32(0)))


def presence_only(reference: SlicedReference, sensitive: Collection[str]) -> SlicedReference:
    """The reference without the values of sensitive inputs, and without slices by them. Twice is as good as once."""
    whole, before = reference.whole, reference.whole.binning
    hidden = [bins.role is Role.INPUT and bins.name in sensitive for bins in before.features]
    kept = {of: summary for of, summary in reference.slices.items() if of.column not in sensitive}
    labels = {of: outcomes for of, outcomes in reference.outcomes.items() if of in kept}
    if not any(hidden):
        return SlicedReference(whole, kept, labels)
    bins = [_bins(each) if hides else each for each, hides in zip(before.features, hidden, strict=True)]
    after = replace(before, features=tuple(bins))
    slices = {of: _summary(summary, before, after) for of, summary in kept.items()}
    labels = {of: replace(outcomes, binning=after.id) for of, outcomes in labels.items()}
    return SlicedReference(_whole(whole, after, hidden), slices, labels)


def _whole(reference: Reference, binning: Binning, hidden: list[bool]) -> Reference:
    designs = zip(reference.designs, hidden, strict=True)
    moments = zip(reference.moments, hidden, strict=True)
    return replace(
        reference,
        binning=binning,
        summary=_summary(reference.summary, reference.binning, binning),
        moments=tuple(None if hides else each for each, hides in moments),
        designs=tuple(Design(missing=each.missing) if hides else each for each, hides in designs),
        outcomes=reference.outcomes and replace(reference.outcomes, binning=binning.id),
        tail_table=reference.tail_table and _tails(reference.tail_table, hidden),
        repeats=None,  # with their values gone, rows are equal that were not
    )


def _bins(bins: FeatureBins) -> FeatureBins:
    """One cell for all values."""
    if isinstance(bins, NumericBins):
        return NumericBins(bins.name, (), -_LARGEST, _LARGEST, bins.role)
    return CategoricalBins(bins.name, (), bins.role)


def _summary(summary: Summary, before: Binning, after: Binning) -> Summary:
    places = zip(before.features, after.features, before.features_at, strict=True)
    counts = [summary.counts[at] if old == new else _counts(old, summary.counts[at]) for old, new, at in places]
    return Summary(after.id, summary.rows, np.concatenate([*counts, summary.counts[before.features_at[-1].stop :]]))


def _counts(bins: FeatureBins, counts: Counts) -> Counts:
    """All cells as one; of what was out of range only what is not finite still is."""
    values, beside = counts[: bins.cells].sum(), counts[bins.cells :]
    if not isinstance(bins, NumericBins):
        return np.array([values, *beside], dtype=np.int64)
    missing, wrong_type, _, _, non_finite = beside
    return np.array([values, missing, wrong_type, 0, non_finite, non_finite], dtype=np.int64)


def _tails(table: TailTable, hidden: list[bool]) -> TailTable:
    """Values that all lie in one cell have p-values that say what they are; their old shapes tell shares of values."""
    exact = tuple((*(0.0 for _ in LEVELS), 1.0) for _ in table.sizes)
    kept = sorted({shape for shape, hides in zip(table.shape_of, hidden, strict=True) if not hides})
    places = {shape: place for place, shape in enumerate(kept)}
    shapes = (*(table.shapes[shape] for shape in kept), exact)
    of = tuple(len(kept) if hides else places[shape] for shape, hides in zip(table.shape_of, hidden, strict=True))
    return TailTable(table.sizes, shapes, of)

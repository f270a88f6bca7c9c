"""What is left of a reference where some features cannot be seen? The same bins and counts of the others."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from sluice.domain.drift.binning import Binning, NumericBins, Role
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summary import Summary
from sluice.domain.errors import InvalidReference
from sluice.domain.reference_fit import PREDICTED, score_name


def answer_features(binning: Binning) -> frozenset[str]:
    """The features that hold a model's answers: a classifier's scores and the class predicted, or the number."""
    if not binning.classes:
        number = number_feature(binning)
        return frozenset() if number is None else frozenset({number})
    return frozenset({PREDICTED, *(score_name(score.name) for score in binning.scores)})


def number_feature(binning: Binning) -> str | None:
    """The feature that holds the number which a model answers: the only output, where there are no classes."""
    outputs = [bins for bins in binning.features if bins.role is Role.OUTPUT]
    is_one = len(outputs) == 1 and isinstance(outputs[0], NumericBins) and not binning.classes
    return outputs[0].name if is_one else None


def without(reference: SlicedReference, lost: Collection[str]) -> SlicedReference:
    """The reference without some features, without classes and so without scores.

    What is known of how far a number is off stays as long as that number is looked at. Raises InvalidReference where no
    feature would be left.
    """
    whole, binning = reference.whole, reference.whole.binning
    kept = [place for place, bins in enumerate(binning.features) if bins.name not in lost]
    if not kept:
        raise InvalidReference("without these features nothing is left to look at")
    is_measured = binning.tolerance is not None and binning.tolerance.output not in lost
    tolerance = binning.tolerance if is_measured else None
    features = Binning(tuple(binning.features[place] for place in kept), tolerance=tolerance)

    def part(summary: Summary) -> Summary:
        counts = [summary.counts[binning.features_at[place]] for place in kept]
        return Summary(features.id, summary.rows, np.concatenate(counts))

    table = whole.tail_table
    rest = replace(
        whole,
        binning=features,
        summary=part(whole.summary),
        moments=tuple(whole.moments[place] for place in kept),
        designs=tuple(whole.designs[place] for place in kept),
        outcomes=replace(whole.outcomes, binning=features.id) if is_measured and whole.outcomes else None,
        repeats=None if _lacks_input(binning, lost) else whole.repeats,
        tail_table=table and replace(table, shape_of=tuple(table.shape_of[place] for place in kept)),
    )
    labels = reference.outcomes if is_measured else {}
    return SlicedReference(
        rest,
        {of: part(summary) for of, summary in reference.slices.items()},
        {of: replace(outcomes, binning=features.id) for of, outcomes in labels.items()},
    )


def _lacks_input(binning: Binning, lost: Collection[str]) -> bool:
    """Whether rows may be equal in the rest that were not."""
    return any(bins.role is Role.INPUT and bins.name in lost for bins in binning.features)

"""What is left of a reference where some features cannot be seen? The same bins and counts of the others."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summarise import PREDICTED, score_name
from sluice.domain.drift.summary import Summary
from sluice.domain.errors import InvalidReference


def answer_features(binning: Binning) -> frozenset[str]:
    """The features that hold a classifier's answers: its scores and the class predicted."""
    if not binning.classes:
        return frozenset()
    return frozenset({PREDICTED, *(score_name(score.name) for score in binning.scores)})


def without(reference: SlicedReference, lost: Collection[str]) -> SlicedReference:
    """The reference without some features, without classes and so without scores.

    Raises InvalidReference where no feature would be left.
    """
    whole, binning = reference.whole, reference.whole.binning
    kept = [place for place, bins in enumerate(binning.features) if bins.name not in lost]
    if not kept:
        raise InvalidReference("without these features nothing is left to look at")
    features = Binning(tuple(binning.features[place] for place in kept))

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
        outcomes=None,
        repeats=None,
        tail_table=table and replace(table, shape_of=tuple(table.shape_of[place] for place in kept)),
    )
    return SlicedReference(rest, {of: part(summary) for of, summary in reference.slices.items()})

"""How do labels compare with what was answered? Counted by the bins, or the tolerance, of the version's reference."""

from collections.abc import Mapping, Sequence

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.number_outcomes import count_number_outcomes, no_number_outcomes
from sluice.domain.drift.outcomes import Outcomes, count_outcomes, no_outcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.errors import InvalidSummary
from sluice.domain.monitoring.labelled import Labelled


def is_compared(binning: Binning) -> bool:
    """Whether labels can be compared with answers: those of a classifier, or numbers with a tolerance."""
    return bool(binning.classes) or binning.tolerance is not None


def nothing_compared(binning: Binning) -> Outcomes:
    """No labels yet: what adds nothing."""
    return no_outcomes(binning) if binning.tolerance is None else no_number_outcomes(binning)


def compare(binning: Binning, before: Outcomes, labels: Sequence[Labelled]) -> Outcomes:
    """What was counted before with these labels, without those that are taken back.

    Answers with another number of classes than the reference, or of another kind, are left out. What is to be taken
    back and was not counted here, but by the bins of an earlier reference, is left where it is.
    """
    fitting = [each for each in labels if _fits(each, binning)]
    gone = [each for each in fitting if each.is_taken_back]
    new = [each for each in fitting if not each.is_taken_back]
    after = before + _counted(binning, new)
    try:
        return after - _counted(binning, gone)
    except InvalidSummary:
        return after


def compare_slices(
    binning: Binning, before: Mapping[Slice, Outcomes], labels: Sequence[Labelled]
) -> dict[Slice, Outcomes]:
    """The same of each slice: those that have labels afterwards."""
    by_slice: dict[Slice, list[Labelled]] = {}
    for each in labels:
        for of in each.slices:
            by_slice.setdefault(Slice(*of), []).append(each)
    after = {of: compare(binning, before.get(of, nothing_compared(binning)), some) for of, some in by_slice.items()}
    return {of: outcomes for of, outcomes in (dict(before) | after).items() if outcomes.rows}


def _fits(labelled: Labelled, binning: Binning) -> bool:
    many = len(labelled.scores)
    return 1 < many == len(binning.classes) if binning.tolerance is None else many == 1


def _counted(binning: Binning, labels: Sequence[Labelled]) -> Outcomes:
    scores = np.array([each.scores for each in labels], dtype=np.float32)
    said = np.array([each.label for each in labels], dtype=np.float64)
    if binning.tolerance is not None:
        return count_number_outcomes(binning, scores.reshape(len(labels)), said)
    probabilities = scores.reshape(len(labels), len(binning.classes))
    return count_outcomes(binning, Answers.most_probable(probabilities), said.astype(np.int64))

"""How do labels compare with what was answered? Counted by the bins of the version's reference."""

from collections.abc import Sequence

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes import Outcomes, count_outcomes
from sluice.domain.errors import InvalidSummary
from sluice.domain.monitoring.labelled import Labelled


def compare(binning: Binning, before: Outcomes, labels: Sequence[Labelled]) -> Outcomes:
    """What was counted before with these labels, without those that are taken back.

    Answers with another number of classes than the reference are left out. What is to be taken back and was not counted
    here, but by the bins of an earlier reference, is left where it is.
    """
    fitting = [each for each in labels if len(each.scores) == len(binning.classes)]
    gone = [each for each in fitting if each.is_taken_back]
    new = [each for each in fitting if not each.is_taken_back]
    after = before + _counted(binning, new)
    try:
        return after - _counted(binning, gone)
    except InvalidSummary:
        return after


def errors_of(outcomes: Outcomes) -> int:
    """How many of the predictions were wrong."""
    return outcomes.rows - int(np.trace(outcomes.confusion))


def _counted(binning: Binning, labels: Sequence[Labelled]) -> Outcomes:
    scores = np.array([each.scores for each in labels], dtype=np.float32).reshape(len(labels), len(binning.classes))
    places = np.array([each.label for each in labels], dtype=np.int64)
    return count_outcomes(binning, Answers.most_probable(scores), places)

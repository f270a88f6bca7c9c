"""How well is a classifier doing, as long as nobody knows the labels? What its scores say, calibrated by the reference.

Confidence-based performance estimation: a score's calibrated probability says how many of its predictions are right
(NannyML's CBPE; Guillory et al., Predicting with confidence on unseen distributions, ICCV 2021). From score bins of a
summary instead of rows. It sees what other inputs do to performance; where the same input now means something else it
is wrong, and only labels tell.
"""

from dataclasses import dataclass

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.drift.isotonic import growing_shares
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.ranking import area_under_curve
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.summary import Summary, check_alike

_TWO_CLASSES = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """What performance is expected.

    Attributes:
        rows: Predictions with a score.
        accuracy: Share of predictions that are right.
        accuracy_error: Its standard error: labels are drawn, and these rows are a sample.
        auc: Area under the ROC curve; of more than two classes the mean of each against the rest. None where a class
            is not expected at all.

    """

    rows: int
    accuracy: float
    accuracy_error: float
    auc: float | None


def estimate(reference: Reference, window: Summary) -> Estimate | None:
    """Performance in a window; None without labelled classes in the reference, or scores in the window.

    Raises ReferenceMismatch where the window was counted by other bins.
    """
    check_alike(reference.binning.id, window.binning)
    if not isinstance(reference.outcomes, ClassOutcomes) or not reference.outcomes.rows:
        return None
    right, doubt, rows, areas = 0.0, 0.0, 0, []
    pairs = zip(reference.binning.scores_at, reference.outcomes.scores, strict=True)
    for at, (negatives, positives) in pairs:
        others, predicted = window.counts[at].reshape(2, -1)
        chance = growing_shares(positives, negatives + positives)
        both = others + predicted
        areas.append(area_under_curve(positives=both * chance, negatives=both * (1 - chance)))
        right += float((predicted * chance).sum())
        doubt += float((predicted * chance * (1 - chance)).sum())
        rows += int(predicted.sum())
        if len(reference.binning.classes) == _TWO_CLASSES:
            right += float((others * (1 - chance)).sum())
            doubt += float((others * chance * (1 - chance)).sum())
            rows += int(others.sum())
    if not rows:
        return None
    return Estimate(rows, right / rows, float(np.sqrt(doubt)) / rows, _mean(areas))


def expected_shares(reference: Reference, window: Summary) -> Floats | None:
    """For each scored class the share of rows that are expected to be of it; None as for ``estimate``."""
    check_alike(reference.binning.id, window.binning)
    if not isinstance(reference.outcomes, ClassOutcomes) or not reference.outcomes.rows:
        return None
    shares = []
    for at, (negatives, positives) in zip(reference.binning.scores_at, reference.outcomes.scores, strict=True):
        both = window.counts[at].reshape(2, -1).sum(axis=0)
        chance = growing_shares(positives, negatives + positives)
        shares.append(float((both * chance).sum() / max(both.sum(), 1)))
    return np.array(shares)


def _mean(areas: list[float | None]) -> float | None:
    known = [area for area in areas if area is not None]
    return sum(known) / len(known) if len(known) == len(areas) else None

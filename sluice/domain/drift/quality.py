"""How well did a classifier do, now that labels are known? From counters that merge: no rows are kept."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sluice.domain.drift.binning import Binning, ScoreBins
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.ranking import area_under_curve
from sluice.domain.drift.summary import check_alike

_MICROS = 1_000_000
_NEIGHBOURS = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """Performance on labelled rows.

    Attributes:
        rows: How many.
        accuracy: Share of predictions that were right; exact.
        log_loss: Mean of -log(probability of the label); exact to a millionth.
        brier: Mean squared error of the probabilities (two classes: of one of them); exact to a millionth.
        auc: Area under the ROC curve, of more than two classes the mean of each against the rest: with scores of one
            bin counted as ties. None where a class is missing.
        calibration_error: Mean distance between scores and the share of positives among ten neighbouring bins of them,
            of all scored classes: with scores taken as the middle of their bin.

    """

    rows: int
    accuracy: float
    log_loss: float
    brier: float
    auc: float | None
    calibration_error: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def quality_of(binning: Binning, outcomes: ClassOutcomes) -> Quality | None:
    """Sum up; None without labels. Raises ReferenceMismatch where they were counted by other bins."""
    check_alike(binning.id, outcomes.binning)
    rows = outcomes.rows
    if not rows:
        return None
    areas = [area_under_curve(positives=own, negatives=others) for others, own in outcomes.scores]
    distances = [_distance(bins, counts) for bins, counts in zip(binning.scores, outcomes.scores, strict=True)]
    return Quality(
        rows,
        float(np.trace(outcomes.confusion)) / rows,
        outcomes.log_loss_micros / _MICROS / rows,
        outcomes.brier_micros / _MICROS / rows,
        None if None in areas else float(np.mean([area for area in areas if area is not None])),
        float(np.mean(distances)),
    )


def _distance(bins: ScoreBins, counts: Any) -> float:
    others, own = counts
    both = others + own
    ends = np.array([0.0, *bins.edges, 1.0])
    middle = (ends[1:] + ends[:-1]) / 2
    groups = np.add.reduceat(own - both * middle, np.arange(0, len(both), _NEIGHBOURS))
    return float(np.abs(groups).sum() / max(both.sum(), 1))

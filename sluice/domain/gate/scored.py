"""Which rows are both models judged on, and what did each answer?"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Counts, Flags, Floats
from sluice.domain.gate.paired import blocks_of


@dataclass(frozen=True, slots=True)
class Scored:
    """Labelled rows with usable answers of both models.

    Attributes:
        labels: Of shape (rows,): the place of each row's class.
        candidate: Of shape (rows, classes): its probabilities.
        champion: The champion's.
        candidate_predicted: Of shape (rows,): place of the class that it chose.
        champion_predicted: The champion's.
        blocks: Which block of the holdout each row is of.

    """

    labels: Counts
    candidate: Floats
    champion: Floats
    candidate_predicted: Counts
    champion_predicted: Counts
    blocks: Counts

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, labels: Counts, candidate: Answers, champion: Answers) -> tuple[Self, Flags]:
        """Those with a label (0 or more) and finite answers of both, and which of all rows these are."""
        one, other = (each.probabilities.astype(np.float64) for each in (candidate, champion))
        used = (labels >= 0) & np.isfinite(one).all(axis=1) & np.isfinite(other).all(axis=1)
        mine, theirs = (each.predicted[used].astype(np.int64) for each in (candidate, champion))
        return cls(labels[used], one[used], other[used], mine, theirs, blocks_of(int(used.sum()))), used

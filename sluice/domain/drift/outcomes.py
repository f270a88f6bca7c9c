"""How did predictions compare with their labels? Mergeable counters of scores and hits, bin by bin.

Those of numbers are in ``number_outcomes``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.numeric import count_cells
from sluice.domain.drift.summary import check_alike
from sluice.domain.errors import InvalidSummary

_MICROS = 1_000_000  # losses are kept as whole millionths: sums of floats depend on their order
_CERTAIN = 1e-15  # a probability of 0 for what happened would be an infinite loss


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes(ABC):
    """Labelled predictions, counted, which merge by addition whatever the order and the pieces.

    Attributes:
        binning: Id of the binning by which they were counted.

    """

    binning: str

    @property
    @abstractmethod
    def rows(self) -> int:
        """How many predictions."""

    @property
    @abstractmethod
    def wrong(self) -> int:
        """How many of them were wrong."""

    @abstractmethod
    def __add__(self, other: Self) -> Self:
        """Both together. Raises ReferenceMismatch where they were not counted alike."""

    @abstractmethod
    def __sub__(self, other: Self) -> Self:
        """Without what was counted before. Raises InvalidSummary where it was not, ReferenceMismatch."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """JSON form; the binning goes with it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcomes) and (self.binning, self.to_dict()) == (other.binning, other.to_dict())

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash


@dataclass(frozen=True, slots=True, eq=False)
class ClassOutcomes(Outcomes):
    """Labelled predictions of a classifier.

    Attributes:
        binning: Id of the binning by whose score bins they were counted.
        confusion: Of shape (classes, classes): rows by label and by predicted class.
        scores: For each scored class, of shape (2, bins): rows of other labels and of its own, by score.
        log_loss_micros: Sum of -log(probability of the label), in millionths.
        brier_micros: Sum of squared errors of the probabilities over all classes, in millionths; halved for two.

    """

    confusion: Counts
    scores: tuple[Counts, ...]
    log_loss_micros: int
    brier_micros: int

    def __post_init__(self) -> None:
        if any((counts < 0).any() for counts in (self.confusion, *self.scores)):
            raise InvalidSummary("outcomes are counts, none of them negative")
        for counts in (self.confusion, *self.scores):
            counts.flags.writeable = False

    @property
    def rows(self) -> int:
        """How many predictions."""
        return int(self.confusion.sum())

    @property
    def wrong(self) -> int:
        """How many of them were of another class than was predicted."""
        return self.rows - int(np.trace(self.confusion))

    def __add__(self, other: Self) -> Self:
        """Both together. Raises ReferenceMismatch where they were not counted alike."""
        check_alike(self.binning, other.binning)
        return type(self)(
            self.binning,
            self.confusion + other.confusion,
            tuple(mine + theirs for mine, theirs in zip(self.scores, other.scores, strict=True)),
            self.log_loss_micros + other.log_loss_micros,
            self.brier_micros + other.brier_micros,
        )

    def __sub__(self, other: Self) -> Self:
        """Without what was counted before. Raises InvalidSummary where it was not, ReferenceMismatch."""
        check_alike(self.binning, other.binning)
        return type(self)(
            self.binning,
            self.confusion - other.confusion,
            tuple(mine - theirs for mine, theirs in zip(self.scores, other.scores, strict=True)),
            self.log_loss_micros - other.log_loss_micros,
            self.brier_micros - other.brier_micros,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form; the binning goes with it."""
        return {
            "confusion": self.confusion.tolist(),
            "scores": [counts.tolist() for counts in self.scores],
            "log_loss_micros": self.log_loss_micros,
            "brier_micros": self.brier_micros,
        }


def no_outcomes(binning: Binning) -> ClassOutcomes:
    """No labels of a classifier yet: what adds nothing."""
    classes = len(binning.classes)
    scores = tuple(np.zeros((2, score.cells), dtype=np.int64) for score in binning.scores)
    return ClassOutcomes(binning.id, np.zeros((classes, classes), dtype=np.int64), scores, 0, 0)


def count_outcomes(binning: Binning, answers: Answers, labels: NDArray[np.integer[Any]]) -> ClassOutcomes:
    """Count predictions with labels, which are places among the classes, one a row. Raises ValueError.

    Rows without finite probabilities are left out: they are findings of their own.
    """
    classes = len(binning.classes)
    if labels.shape != answers.predicted.shape or answers.probabilities.shape[1] != classes:
        raise ValueError(f"a label and {classes} probabilities for each row")
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(f"labels are places among {classes} classes, got {labels.min()} to {labels.max()}")
    is_known = np.isfinite(answers.probabilities).all(axis=1)
    labels, known = labels[is_known], Answers(answers.probabilities[is_known], answers.predicted[is_known])
    cells = np.bincount(labels.astype(np.intp) * classes + known.predicted, minlength=classes**2)
    scores = []
    for bins in binning.scores:
        place = binning.classes.index(bins.name)
        score, _ = known.of(place)
        is_own = labels == place
        scores.append(np.stack([count_cells(score[~is_own], bins.edges), count_cells(score[is_own], bins.edges)]))
    log_loss, brier = _losses(known.probabilities, labels)
    return ClassOutcomes(binning.id, cells.reshape(classes, classes).astype(np.int64), tuple(scores), log_loss, brier)


def _losses(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]) -> tuple[int, int]:
    """Sums of log loss and Brier loss, in millionths, each row rounded by itself."""
    rows, classes = probabilities.shape
    wide = probabilities.astype(np.float64)
    of_label = np.clip(wide[np.arange(rows), labels], _CERTAIN, 1.0)
    errors = wide.copy()
    errors[np.arange(rows), labels] -= 1
    brier = (errors**2).sum(axis=1) / (2 if classes == 2 else 1)  # noqa: PLR2004
    return int(np.rint(-np.log(of_label) * _MICROS).sum()), int(np.rint(brier * _MICROS).sum())

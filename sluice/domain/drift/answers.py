"""What did a classifier answer? Probabilities and the class it chose, row by row."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOTHING = -1


@dataclass(frozen=True, slots=True)
class Answers:
    """Some rows' answers.

    Attributes:
        probabilities: Of shape (rows, classes), in the order of the signature's classes.
        predicted: Of shape (rows,): place of the class that was answered; ``NOTHING`` where none was.

    """

    probabilities: NDArray[np.floating[Any]]
    predicted: NDArray[np.integer[Any]]

    def __post_init__(self) -> None:
        rows, classes = self.probabilities.shape if self.probabilities.ndim == 2 else (-1, 0)  # noqa: PLR2004
        if self.predicted.shape != (rows,):
            raise ValueError("probabilities are (rows, classes), predicted is (rows,)")
        if rows and not (self.predicted.min() >= NOTHING and self.predicted.max() < classes):
            raise ValueError(f"predicted are places among {classes} classes")

    @classmethod
    def most_probable(cls, probabilities: NDArray[np.floating[Any]]) -> "Answers":
        """Answers of a model that chooses the most probable class, of those whose probability is a finite number."""
        is_number = np.isfinite(probabilities)
        if is_number.all():
            return cls(probabilities, probabilities.argmax(axis=1))
        chosen = np.where(is_number, probabilities, -np.inf).argmax(axis=1)
        return cls(probabilities, np.where(is_number.any(axis=1), chosen, NOTHING))

    def __len__(self) -> int:
        return len(self.predicted)

    def __getitem__(self, rows: slice) -> "Answers":
        return Answers(self.probabilities[rows], self.predicted[rows])

    def of(self, place: int) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool]]:
        """One class's scores, and whether it was predicted."""
        return self.probabilities[:, place], self.predicted == place

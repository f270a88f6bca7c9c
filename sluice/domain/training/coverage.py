"""Whose labels came? A model whose answers decide which labels ever come learns a world of its own making.

Who is refused a loan never fails to pay it back: labels are then missing by what was answered, and no number of rows
makes up for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

_LEAST = 30  # predictions of a class: fewer tell nothing
_APART = 0.05
_CHANCE = 3.0  # standard errors


@dataclass(frozen=True, slots=True)
class Labelled:
    """Predictions, and how many of them have a label.

    Attributes:
        predictions: How many.
        labels: Of them.

    """

    predictions: int
    labels: int

    @property
    def share(self) -> float:
        """Of the predictions; 0 where there are none."""
        return self.labels / self.predictions if self.predictions else 0.0

    def __add__(self, other: "Labelled") -> "Labelled":
        return Labelled(self.predictions + other.predictions, self.labels + other.labels)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"predictions": self.predictions, "labels": self.labels, "share": round(self.share, 6)}


def is_selective(by_answer: Mapping[str, Labelled]) -> bool:
    """Whether labels come more often for some answers than for others: by five percent or more, and not by chance."""
    enough = sorted((each for each in by_answer.values() if each.predictions >= _LEAST), key=lambda each: each.share)
    if len(enough) < 2:  # noqa: PLR2004  nothing to compare
        return False
    least, most = enough[0], enough[-1]
    share = (least + most).share
    error = sqrt(share * (1 - share) * (1 / least.predictions + 1 / most.predictions))
    return most.share - least.share >= max(_APART, _CHANCE * error)

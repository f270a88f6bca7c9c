"""How well do scores tell positives from negatives? The area under the ROC curve, from counts by score bin."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def area_under_curve(*, positives: NDArray[Any], negatives: NDArray[Any]) -> float | None:
    """The chance that a positive scores above a negative, ties half; None without either.

    Counts by growing score, which may be expected ones (Hanley and McNeil, Radiology 143, 1982).

    >>> area_under_curve(positives=np.array([0, 1, 3]), negatives=np.array([2, 2, 0]))
    0.9375
    """
    pairs = float(positives.sum()) * float(negatives.sum())
    if not pairs:
        return None
    below = np.cumsum(negatives) - negatives
    return float((positives * (below + negatives / 2)).sum()) / pairs

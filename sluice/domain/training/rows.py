"""What is known of rows that somebody may learn from? All that is decided by, column by column, and no feature."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int64]
Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

NOBODY = -1
"""The unit of a row that is nobody's, as far as is known."""


class State(IntEnum):
    """What a row can be used for, by itself."""

    FIT = 0
    MISFIT = 1  # not one of the signature
    REDACTED = 2  # a stand-in is in place of a value
    SEVERAL = 3  # one of several rows that were asked about at once: a label says nothing of one of them


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, captured or of history; each attribute has an element for each.

    Attributes:
        ids: The place of the prediction's id among all ids, in their order; the same for all attempts at a prediction.
        attempts: Of the prediction; of two rows with the same the first in time is meant, and of these the first.
        times: When it was answered, in microseconds since 1970.
        units: Equal for rows of the same unit; ``NOBODY`` where that is not known.
        labels: NaN where there is none.
        label_times: When the label came to be, in microseconds.
        received: When it was received; both mean nothing where there is no label.
        states: ``State`` of each.

    """

    ids: Whole
    attempts: Whole
    times: Whole
    units: Whole
    labels: Numbers
    label_times: Whole
    received: Whole
    states: Whole

    def __len__(self) -> int:
        return len(self.ids)

"""Which predictions are counted together? Those of one variant, version, chance and routing table, in five minutes.

The chance and the table are part of it so that experiments can tell from sums which answers chance drew, under which
weights, and what other weights would have earned: of one cell all importance weights are the same.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sluice.domain.feedback.bucket import bucket_of
from sluice.domain.feedback.capture import Answered


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What is counted together.

    Attributes:
        model: Name of the model.
        variant: Who answered.
        version: The model version that answered.
        bucket: Start of the five minutes in which.
        propensity: The probability with which the variant was chosen; 1 where the caller insisted on its version.
        revision: Of the routing table that it was chosen by.

    """

    model: str
    variant: str
    version: str
    bucket: datetime
    propensity: float
    revision: int

    @classmethod
    def of(cls, answered: Answered) -> Self:
        """Where a prediction is counted."""
        by = answered.by
        return cls(answered.model, by.variant, by.version, bucket_of(answered.at), by.propensity, by.revision)

"""Which label came for which answer? What is waiting to be counted, or to be taken back."""

from dataclasses import dataclass
from typing import Self

from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.row_slices import Slices
from sluice.domain.monitoring.window import Window


@dataclass(frozen=True, slots=True)
class Labelled:
    """One answer to a single row, and its label.

    Attributes:
        window: Into which it is counted.
        prediction_id: Of the prediction.
        attempt: Number of the attempt that answered.
        label: Place of the true class, or the true number.
        scores: What was answered, a probability for each class, or the number alone.
        is_taken_back: Whether it is to be counted no more: a later attempt gave the answer.
        slices: In which the row is, beside the whole.

    """

    window: Window
    prediction_id: str
    attempt: int
    label: float
    scores: tuple[float, ...]
    is_taken_back: bool = False
    slices: Slices = ()

    @classmethod
    def of(cls, label: Feedback, answered: Answered, *, is_taken_back: bool = False) -> Self:
        """A label and the answer it is about, which has scores."""
        return cls(
            Window.of(answered),
            answered.prediction_id,
            answered.by.attempt,
            label.value,
            answered.scores or (),
            is_taken_back,
            answered.slices,
        )

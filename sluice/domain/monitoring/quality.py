"""What is known of how well a version does? Measured where labels have come, estimated where not, and never guessed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.watched_slice import WatchedSlice


class Basis(StrEnum):
    """What is known of a quality, and by what."""

    MEASURED = "measured"  # by labels
    ESTIMATED = "estimated"  # by scores, calibrated at training
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NumbersOff:
    """How far the numbers are off that a version answers, in the unit of its output.

    Attributes:
        tolerance: Nine in ten were off by no more, at training.
        mean_absolute_error_at_training: How far they were off then.
        bias_at_training: The mean error then: more than 0 where answers were too large.
        mean_absolute_error: How far they are off by the newest labels; None where there are none, as what follows.
        bias: The mean error.

    """

    tolerance: float
    mean_absolute_error_at_training: float
    bias_at_training: float
    mean_absolute_error: float | None = None
    bias: float | None = None


@dataclass(frozen=True, slots=True)
class SliceQuality:
    """How a version does on the rows with one value in one column, by the newest labels.

    Attributes:
        column: Such as ``carrier``.
        value: Such as ``B6``.
        rows: How many labels.
        accuracy: Share of right answers; a number is right that is off by no more than the tolerance.
        accuracy_at_training: That of the slice's rows then; None where the reference has no labels by slice.
        mean_absolute_error: How far numbers are off; None of a classifier.
        mean_absolute_error_at_training: How far they were off then; None of a classifier, and where that is not known.

    """

    column: str
    value: str
    rows: int
    accuracy: float
    accuracy_at_training: float | None = None
    mean_absolute_error: float | None = None
    mean_absolute_error_at_training: float | None = None

    @property
    def where(self) -> str:
        """The slice, in words."""
        return f"{self.column} {self.value}"

    @property
    def worse_by(self) -> float | None:
        """How much worse than at training; None where that is not known."""
        if self.mean_absolute_error is not None:
            then = self.mean_absolute_error_at_training
            return None if then is None else self.mean_absolute_error - then
        return None if self.accuracy_at_training is None else self.accuracy_at_training - self.accuracy


@dataclass(frozen=True, slots=True)
class KnownQuality:
    """What is known.

    Attributes:
        verdict: Fail while there is a loss, of all rows or of a slice; inconclusive where too few labels are known. An
            estimate is no verdict.
        basis: By what it is known.
        reason: In words, with the numbers.
        rows: How many labels, or scores, the numbers are of: the newest.
        accuracy: Share of right answers; None where nothing is known, as all that follow. A number is right that is
            off by no more than the tolerance.
        log_loss: Mean of -log(probability of the label); of a classifier, measured only.
        auc: Area under the ROC curve; of a classifier.
        calibration_error: Mean distance between scores and shares; of a classifier, measured only.
        at_training: The accuracy then; None where the reference has no labels.
        loss: That there is one, of all rows.
        bets: Of the watch over errors; None before the first label.
        numbers: How far a model is off that answers a number; None of a classifier.
        slices: Those in which it is worst beside training, the worst first.
        watched: Those whose labels are bet on.
        judged: Which slices are judged, in words; empty where there are none.

    """

    verdict: Verdict
    basis: Basis
    reason: str
    rows: int = 0
    accuracy: float | None = None
    log_loss: float | None = None
    auc: float | None = None
    calibration_error: float | None = None
    at_training: float | None = None
    loss: Loss | None = None
    bets: Bets | None = None
    numbers: NumbersOff | None = None
    slices: tuple[SliceQuality, ...] = ()
    watched: tuple[WatchedSlice, ...] = ()
    judged: str = ""

    @property
    def losses(self) -> Mapping[str, Loss]:
        """Those of slices, by their names: where most is wrong comes first."""
        found = {each.where: each.loss for each in self.watched if each.loss}
        return dict(sorted(found.items(), key=lambda lost: -lost[1].error_rate))

    @property
    def all_losses(self) -> Mapping[str, Loss]:
        """That of all rows under no name, and those of slices."""
        return {**({"": self.loss} if self.loss else {}), **self.losses}

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        told = {
            "verdict": self.verdict.value,
            "basis": self.basis.value,
            "loss": self.loss and self.loss.to_dict(),
            "bets": self.bets and self.bets.to_dict(),
            "slices": [asdict(each) for each in self.slices],
            "watched": [each.to_dict() for each in self.watched],
        }
        return {**asdict(self), **told}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        read = {
            "verdict": Verdict(form["verdict"]),
            "basis": Basis(form["basis"]),
            "loss": form["loss"] and Loss.from_dict(form["loss"]),
            "bets": form["bets"] and Bets.from_dict(form["bets"]),
            "numbers": form.get("numbers") and NumbersOff(**form["numbers"]),
            "slices": tuple(SliceQuality(**each) for each in form.get("slices", ())),
            "watched": tuple(map(WatchedSlice.from_dict, form.get("watched", ()))),
        }
        return cls(**{**form, **read})

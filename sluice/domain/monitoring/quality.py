"""What is known of how well a version does? Measured where labels have come, estimated where not, and never guessed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sluice.domain.evidence.finding import Verdict


class Basis(StrEnum):
    """What is known of a quality, and by what."""

    MEASURED = "measured"  # by labels
    ESTIMATED = "estimated"  # by scores, calibrated at training
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Loss:
    """A version is wrong more often than at training.

    Attributes:
        since: The hour in which that was found; aware, UTC.
        reason: In words, with the numbers.
        error_rate: Share of wrong answers when it was found.

    """

    since: datetime
    reason: str
    error_rate: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "since": self.since.isoformat()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        return cls(**{**form, "since": datetime.fromisoformat(form["since"])})


@dataclass(frozen=True, slots=True)
class Bets:
    """How far the watch over a version's errors has come.

    Attributes:
        binning: Id of the bins by which labels are counted; with others it begins anew.
        rows: How many labels it has seen.
        errors: How many of them said that the answer was wrong.
        state: Logarithms of its bets: on a loss or, while there is one, on its end.
        came_at: When the last of them was counted; aware, UTC; None before the first.

    """

    binning: str
    rows: int = 0
    errors: int = 0
    state: tuple[float, ...] = ()
    came_at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "state": list(self.state), "came_at": self.came_at and self.came_at.isoformat()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        came_at = form["came_at"] and datetime.fromisoformat(form["came_at"])
        return cls(**{**form, "state": tuple(form["state"]), "came_at": came_at})


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
        verdict: Fail while there is a loss; inconclusive where too few labels are known. An estimate is no verdict.
        basis: By what it is known.
        reason: In words, with the numbers.
        rows: How many labels, or scores, the numbers are of: the newest.
        accuracy: Share of right answers; None where nothing is known, as all that follow. A number is right that is
            off by no more than the tolerance.
        log_loss: Mean of -log(probability of the label); of a classifier, measured only.
        auc: Area under the ROC curve; of a classifier.
        calibration_error: Mean distance between scores and shares; of a classifier, measured only.
        at_training: The accuracy then; None where the reference has no labels.
        loss: That there is one.
        bets: Of the watch over errors; None before the first label.
        numbers: How far a model is off that answers a number; None of a classifier.
        slices: Those in which it is worst beside training, the worst first; which are shown, and not judged.

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

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        bets, loss = self.bets and self.bets.to_dict(), self.loss and self.loss.to_dict()
        slices = [asdict(each) for each in self.slices]
        told = {"verdict": self.verdict.value, "basis": self.basis.value, "loss": loss, "bets": bets, "slices": slices}
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
        }
        return cls(**{**form, **read})

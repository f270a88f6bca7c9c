"""How well does a version do, by what one look saw? In numbers and words; whether that is bad news is not asked."""

from dataclasses import dataclass
from datetime import datetime

from sluice.domain.drift.cbpe import Estimate
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.quality import Quality
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.compare import errors_of
from sluice.domain.monitoring.quality import Basis, KnownQuality


@dataclass(frozen=True, slots=True)
class SeenQuality:
    """What one look saw.

    Attributes:
        binning: Id of the bins by which it was counted.
        rows: Labels in all.
        errors: How many of them said that the answer was wrong.
        measured: By the newest labels; None where there are none.
        since: The hour of the oldest of these; None where there are none.
        estimated: By scores; None where there are none, or labels.
        training: Labelled predictions of the reference; None where there are none.

    """

    binning: str
    rows: int = 0
    errors: int = 0
    measured: Quality | None = None
    since: datetime | None = None
    estimated: Estimate | None = None
    training: Outcomes | None = None

    @property
    def at_training(self) -> float | None:
        """The accuracy of the reference's labelled predictions."""
        return None if self.training is None else 1 - errors_of(self.training) / self.training.rows


def described(seen: SeenQuality) -> KnownQuality:
    """What was seen; the verdict is left open."""
    was = "" if seen.at_training is None else f" ({seen.at_training:.3f} at training)"
    if seen.measured is not None and seen.since is not None:
        return _measured(seen.measured, seen.since, seen, was)
    if seen.estimated is not None:
        return _estimated(seen.estimated, seen, was)
    return KnownQuality(
        Verdict.INCONCLUSIVE,
        Basis.UNKNOWN,
        "nothing is known: no label has come, and no score that training has calibrated",
        at_training=seen.at_training,
    )


def _measured(found: Quality, since: datetime, seen: SeenQuality, was: str) -> KnownQuality:
    area = "unknown" if found.auc is None else f"{found.auc:.3f}"
    return KnownQuality(
        Verdict.INCONCLUSIVE,
        Basis.MEASURED,
        f"accuracy {found.accuracy:.3f}{was} measured by {found.rows:,} labels since {since:%Y-%m-%d %H:%M}, "
        f"log loss {found.log_loss:.3f}, AUC {area}, calibration error {found.calibration_error:.3f}",
        found.rows,
        found.accuracy,
        found.log_loss,
        found.auc,
        found.calibration_error,
        seen.at_training,
    )


def _estimated(guess: Estimate, seen: SeenQuality, was: str) -> KnownQuality:
    return KnownQuality(
        Verdict.INCONCLUSIVE,
        Basis.ESTIMATED,
        f"accuracy {guess.accuracy:.3f} ± {2 * guess.accuracy_error:.3f}{was} estimated from the scores of "
        f"{guess.rows:,} rows: no label has come",
        guess.rows,
        guess.accuracy,
        auc=guess.auc,
        at_training=seen.at_training,
    )

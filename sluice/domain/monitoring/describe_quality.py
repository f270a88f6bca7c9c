"""How well does a version do, by what one look saw? In numbers and words; whether that is bad news is not asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.cbpe import Estimate
from sluice.domain.drift.figures import number
from sluice.domain.drift.number_outcomes import NumberOutcomes
from sluice.domain.drift.number_quality import NumberQuality, number_quality_of
from sluice.domain.drift.outcomes import ClassOutcomes, Outcomes
from sluice.domain.drift.quality import Quality, quality_of
from sluice.domain.drift.sliced import Slice
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.judged_slices import JudgedSlices
from sluice.domain.monitoring.quality import Basis, KnownQuality, NumbersOff, SliceQuality
from sluice.domain.monitoring.watched_slice import SliceTotal

MOST_SLICES = 5
"""So many are shown."""

_NO_SLICES = JudgedSlices("")


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
        trained: How far numbers were off in these; None of a classifier.
        slices: Those in which the version is worst beside training.
        judged: In which slices it is judged.
        totals: All labels of these.

    """

    binning: str
    rows: int = 0
    errors: int = 0
    measured: Quality | NumberQuality | None = None
    since: datetime | None = None
    estimated: Estimate | None = None
    training: Outcomes | None = None
    trained: NumberQuality | None = None
    slices: tuple[SliceQuality, ...] = ()
    judged: JudgedSlices = _NO_SLICES
    totals: Mapping[tuple[str, str], SliceTotal] = field(default_factory=dict)

    @property
    def at_training(self) -> float | None:
        """The accuracy of the reference's labelled predictions."""
        return None if self.training is None else 1 - self.training.wrong / self.training.rows


def measured_by(binning: Binning, outcomes: Outcomes | None) -> Quality | NumberQuality | None:
    """What labels say, of classes or of numbers; None without any. Raises ReferenceMismatch."""
    if isinstance(outcomes, ClassOutcomes):
        return quality_of(binning, outcomes)
    return numbers_by(binning, outcomes)


def numbers_by(binning: Binning, outcomes: Outcomes | None) -> NumberQuality | None:
    """How far numbers are off by labels; None without any, and of classes."""
    if binning.tolerance is None or not isinstance(outcomes, NumberOutcomes):
        return None
    return number_quality_of(binning.tolerance, outcomes)


def worst_slices(
    binning: Binning, now: Mapping[Slice, Outcomes], then: Mapping[Slice, Outcomes], *, least_rows: int
) -> tuple[SliceQuality, ...]:
    """Those that have lost most since training, of those with so many labels; behind them what then was is not known.

    Of few labels the worst would be chance.
    """
    found = [_of_slice(binning, of, counted, then.get(of)) for of, counted in now.items() if counted.rows >= least_rows]
    return tuple(sorted(found, key=_badness)[:MOST_SLICES])


def _of_slice(binning: Binning, of: Slice, now: Outcomes, then: Outcomes | None) -> SliceQuality:
    numbers, trained = numbers_by(binning, now), numbers_by(binning, then)
    return SliceQuality(
        *of,
        rows=now.rows,
        accuracy=1 - now.wrong / now.rows,
        accuracy_at_training=None if then is None else 1 - then.wrong / then.rows,
        mean_absolute_error=None if numbers is None else numbers.mean_absolute_error,
        mean_absolute_error_at_training=None if trained is None else trained.mean_absolute_error,
    )


def _badness(of: SliceQuality) -> tuple[bool, float, float, str]:
    worse = of.worse_by
    return worse is None, -(worse or 0.0), of.accuracy, of.where


def described(seen: SeenQuality) -> KnownQuality:
    """What was seen; the verdict is left open."""
    return replace(_described(seen), slices=seen.slices)


def _described(seen: SeenQuality) -> KnownQuality:
    was = "" if seen.at_training is None else f" ({seen.at_training:.3f} at training)"
    if isinstance(seen.measured, NumberQuality) and seen.since is not None:
        return _measured_numbers(seen.measured, seen.since, seen)
    if isinstance(seen.measured, Quality) and seen.since is not None:
        return _measured(seen.measured, seen.since, seen, was)
    if seen.estimated is not None:
        return _estimated(seen.estimated, seen, was)
    scores = ", and no score that training has calibrated" if seen.trained is None else ""
    return KnownQuality(
        Verdict.INCONCLUSIVE,
        Basis.UNKNOWN,
        f"nothing is known: no label has come{scores}",
        at_training=seen.at_training,
        numbers=_numbers(None, seen.trained),
    )


def _measured_numbers(found: NumberQuality, since: datetime, seen: SeenQuality) -> KnownQuality:
    was, then = seen.trained, ""
    if was is not None:
        then = f" (at training {number(was.mean_absolute_error)}, {_signed(was.bias)} and {100 * was.accuracy:.1f} %)"
    return KnownQuality(
        Verdict.INCONCLUSIVE,
        Basis.MEASURED,
        f"mean absolute error {number(found.mean_absolute_error)}, bias {_signed(found.bias)}, "
        f"{100 * found.accuracy:.1f} % off by no more than {number(found.tolerance)}{then}, measured by "
        f"{found.rows:,} labels since {since:%Y-%m-%d %H:%M}",
        found.rows,
        found.accuracy,
        at_training=seen.at_training,
        numbers=_numbers(found, was),
    )


def _numbers(now: NumberQuality | None, then: NumberQuality | None) -> NumbersOff | None:
    if then is None:
        return None
    of_now = (now.mean_absolute_error, now.bias) if now else ()
    return NumbersOff(then.tolerance, then.mean_absolute_error, then.bias, *of_now)


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value)}"


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

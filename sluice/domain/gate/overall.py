"""Is a candidate as good as the champion on all rows together?"""

from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.measures import area, brier_losses, calibration, log_losses
from sluice.domain.gate.noninferior import Compared, judge
from sluice.domain.gate.paired import Measured, constant, difference, mean_of
from sluice.domain.gate.scored import Scored

_CHANCE = 0.5


def judge_overall(scored: Scored, margins: Margins) -> list[GateFinding]:
    """AUC, log loss, Brier loss and calibration of at least as many rows as are needed."""
    labels, found = scored.labels, []
    for subject, measure, margin in (
        (Subject.LOG_LOSS, log_losses, margins.log_loss),
        (Subject.BRIER, brier_losses, margins.brier),
    ):
        one, other = (mean_of(measure(each, labels)) for each in (scored.candidate, scored.champion))
        found += _judged(subject, one, other, scored, margin=margin, error=margins.error)
    one, other = (calibration(each, labels, scored.blocks) for each in (scored.candidate, scored.champion))
    found += _judged(Subject.CALIBRATION, one, other, scored, margin=margins.calibration, error=margins.error)
    return [_judge_area(scored, margins), *found]


def _judge_area(scored: Scored, margins: Margins) -> GateFinding:
    """Where neither is better than chance, labels may be those of other rows, and no worse than that says nothing."""
    one, other = (area(each, scored.labels) for each in (scored.candidate, scored.champion))
    if one is None or other is None:
        reason = "too few rows of one class, or of all others, to say how well they are told apart"
        return GateFinding(Subject.AUC, "", Verdict.ERROR, reason, rows=len(scored))
    least = [_above_chance(each, scored, margins.error) for each in (one, other)]
    if max(least) <= _CHANCE:
        reason = (
            f"{one.estimate:.4f} and the champion's {other.estimate:.4f} are not shown to be above chance (0.5): are "
            "the labels those of other rows?"
        )
        return GateFinding(Subject.AUC, "", Verdict.ERROR, reason, one.estimate, other.estimate, rows=len(scored))
    (found,) = _judged(Subject.AUC, one, other, scored, margin=margins.auc, error=margins.error, more_is_better=True)
    return found


def _above_chance(measured: Measured, scored: Scored, error: float) -> float:
    low, _ = difference(measured, constant(0.0, len(scored)), scored.blocks).bounds(error)
    return low


def _judged(
    subject: Subject,
    one: Measured,
    other: Measured,
    scored: Scored,
    *,
    margin: float,
    error: float,
    more_is_better: bool = False,
) -> list[GateFinding]:
    compared = Compared(
        subject,
        "",
        one.estimate,
        other.estimate,
        difference(one, other, scored.blocks),
        margin,
        len(scored),
        more_is_better=more_is_better,
    )
    return judge([compared], error)

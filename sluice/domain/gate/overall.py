"""Is a candidate as good as the champion on all rows together?"""

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.measures import area, brier_losses, calibration_error, log_losses
from sluice.domain.gate.noninferior import Compared, judge
from sluice.domain.gate.paired import Difference, Measured, constant, difference, mean_of
from sluice.domain.gate.scored import Scored
from sluice.domain.signature import TensorSpec

_CHANCE = 0.5
_ROUNDING = 1e-6
_UNEQUAL = 0.01  # of halves, as some models answer, a hundred do not add up any better


def judge_answers(answers: Answers, promised: TensorSpec) -> GateFinding:
    """Whether every answer is probabilities: finite, within 0 and 1 and what the signature promises, 1 together.

    Others could have any loss: a model that gives every class all of the probability would have none.
    """
    values, rows = answers.probabilities.astype(np.float64), len(answers)
    low, high = max(promised.minimum or 0.0, 0.0), 1.0 if promised.maximum is None else min(promised.maximum, 1.0)
    is_finite = np.isfinite(values).all(axis=1)
    is_beyond = is_finite & ((values < low - _ROUNDING) | (values > high + _ROUNDING)).any(axis=1)
    is_unequal = is_finite & ~is_beyond & (np.abs(values.sum(axis=1) - 1) > _UNEQUAL)
    counts = {
        "are not finite": int((~is_finite).sum()),
        f"lie outside {low:g} to {high:g}": int(is_beyond.sum()),
        "do not add up to 1": int(is_unequal.sum()),
    }
    broken = sum(counts.values())
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    reason = f"of {rows:,} answers {told}" if broken else f"all {rows:,} answers are probabilities"
    verdict = Verdict.FAIL if broken else Verdict.PASS
    return GateFinding(Subject.ANSWERS, "", verdict, reason, candidate=broken / max(rows, 1), rows=rows)


def judge_overall(scored: Scored, margins: Margins) -> list[GateFinding]:
    """AUC, log loss, Brier loss and calibration of at least as many rows as are needed."""
    labels, found = scored.labels, []
    for subject, measure, margin in (
        (Subject.LOG_LOSS, log_losses, margins.log_loss),
        (Subject.BRIER, brier_losses, margins.brier),
    ):
        one, other = (mean_of(measure(each, labels)) for each in (scored.candidate, scored.champion))
        found += _judged(subject, one, other, scored, margin=margin, error=margins.error)
    one, other = (calibration_error(each, labels) for each in (scored.candidate, scored.champion))
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
    low, _ = _difference(measured, constant(0.0, len(scored)), scored).bounds(error)
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
        _difference(one, other, scored),
        margin,
        len(scored),
        more_is_better=more_is_better,
    )
    return judge([compared], error)


def _difference(one: Measured, other: Measured, scored: Scored) -> Difference:
    found = difference(one, other, scored.blocks)
    if found is None:
        raise ValueError(f"{len(scored)} rows are of too few blocks")
    return found

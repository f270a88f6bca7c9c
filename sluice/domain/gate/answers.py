"""Are a model's answers probabilities at all? Others could have any loss: 1 for every class would have none."""

from collections.abc import Mapping

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Flags
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.signature import TensorSpec

_ROUNDING = 1e-6
_UNEQUAL = 0.01  # of halves, as some models answer, a hundred do not add up any better


def judge_answers(answers: Answers, promised: TensorSpec) -> GateFinding:
    """Whether every answer is finite, within 0 and 1 and what the signature promises, and 1 together."""
    found, rows = faults(answers, promised), len(answers)
    told = ", ".join(f"{int(of.sum()):,} {what}" for what, of in found.items() if of.any())
    broken = int(sum(of.sum() for of in found.values()))
    reason = f"of {rows:,} answers {told}" if broken else f"all {rows:,} answers are probabilities"
    verdict = Verdict.FAIL if broken else Verdict.PASS
    return GateFinding(Subject.ANSWERS, "", verdict, reason, candidate=broken / max(rows, 1), rows=rows)


def faults(answers: Answers, promised: TensorSpec) -> Mapping[str, Flags]:
    """What is wrong, in words, and in which rows; each row has one fault at most."""
    values = answers.probabilities.astype(np.float64)
    low, high = max(promised.minimum or 0.0, 0.0), 1.0 if promised.maximum is None else min(promised.maximum, 1.0)
    is_finite = np.isfinite(values).all(axis=1)
    is_beyond = is_finite & ((values < low - _ROUNDING) | (values > high + _ROUNDING)).any(axis=1)
    is_unequal = is_finite & ~is_beyond & (np.abs(values.sum(axis=1) - 1) > _UNEQUAL)
    return {
        "are not finite": ~is_finite,
        f"lie outside {low:g} to {high:g}": is_beyond,
        "do not add up to 1": is_unequal,
    }

"""How far is a model off that answers a number, now that labels are known? From counters that merge."""

from dataclasses import asdict, dataclass
from typing import Any

from sluice.domain.drift.number_outcomes import NumberOutcomes
from sluice.domain.drift.tolerance import Tolerance


@dataclass(frozen=True, slots=True)
class NumberQuality:
    """Performance on labelled rows, in the unit of the output.

    Attributes:
        rows: How many.
        mean_absolute_error: How far answers are off; exact to a millionth of the tolerance.
        bias: Mean error: more than 0 where answers are too large.
        tolerance: How far nine in ten answers were off at most, at training.
        accuracy: Share of answers that are off by no more.

    """

    rows: int
    mean_absolute_error: float
    bias: float
    tolerance: float
    accuracy: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def number_quality_of(tolerance: Tolerance, outcomes: NumberOutcomes) -> NumberQuality | None:
    """Sum up what was counted by this tolerance; None without labels."""
    rows = outcomes.rows
    if not rows:
        return None
    return NumberQuality(
        rows,
        outcomes.absolute / rows * tolerance.unit,
        outcomes.signed / rows * tolerance.unit,
        tolerance.most,
        outcomes.within / rows,
    )

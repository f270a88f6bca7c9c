"""How far were numbers off that a model answered? Mergeable counters of its errors, an answer less its label each."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.array import Floats
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Codes, Column
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.summary import check_alike
from sluice.domain.errors import InvalidSummary

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, eq=False)
class NumberOutcomes(Outcomes):
    """Labelled predictions of a model that answers a number.

    Attributes:
        binning: Id of the binning by whose tolerance they were counted.
        within: Rows whose answer was off by no more than the tolerance.
        beyond: Rows whose answer was further off.
        absolute: Sum of how far they were off, in units of the tolerance.
        signed: Sum of the errors, in these units: more than 0 where answers were too large.

    """

    within: int
    beyond: int
    absolute: int
    signed: int

    def __post_init__(self) -> None:
        if min(self.within, self.beyond) < 0 or abs(self.signed) > self.absolute or (self.absolute and not self.rows):
            raise InvalidSummary("outcomes are counts, none of them negative, and errors no larger than they are")

    @property
    def rows(self) -> int:
        """How many predictions."""
        return self.within + self.beyond

    @property
    def wrong(self) -> int:
        """How many of them were off by more than the tolerance."""
        return self.beyond

    def __add__(self, other: Self) -> Self:
        """Both together. Raises ReferenceMismatch where they were not counted alike."""
        check_alike(self.binning, other.binning)
        return type(self)(
            self.binning,
            self.within + other.within,
            self.beyond + other.beyond,
            self.absolute + other.absolute,
            self.signed + other.signed,
        )

    def __sub__(self, other: Self) -> Self:
        """Without what was counted before. Raises InvalidSummary where it was not, ReferenceMismatch."""
        check_alike(self.binning, other.binning)
        return type(self)(
            self.binning,
            self.within - other.within,
            self.beyond - other.beyond,
            self.absolute - other.absolute,
            self.signed - other.signed,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form; the binning goes with it."""
        return {"within": self.within, "beyond": self.beyond, "absolute": self.absolute, "signed": self.signed}


def no_number_outcomes(binning: Binning) -> NumberOutcomes:
    """No labels of numbers yet: what adds nothing."""
    return NumberOutcomes(binning.id, 0, 0, 0, 0)


def count_number_outcomes(binning: Binning, answers: Column, labels: Floats) -> NumberOutcomes:
    """Count answers with labels, one a row, NaN where it is not known, by the binning's tolerance. Raises ValueError.

    Rows without an answer, or one that is finite at the width of FP32, are left out: they are findings of their own.
    """
    if binning.tolerance is None:
        raise ValueError("without a tolerance no number is right or wrong")
    errors = errors_of(answers, labels)
    beyond = int((np.abs(errors) > binning.tolerance.most).sum())
    multiples = [int(each) for each in np.rint(errors / binning.tolerance.unit)]
    return NumberOutcomes(binning.id, len(errors) - beyond, beyond, sum(map(abs, multiples)), sum(multiples))


def errors_of(answers: Column, labels: Floats) -> Floats:
    """Answers less labels, of the rows that have both, answers at the width of FP32. Raises ValueError."""
    if labels.shape != (len(answers),):
        raise ValueError(f"a label for each of {len(answers)} rows, got {len(labels)}")
    if (np.abs(labels[~np.isnan(labels)]) > _LARGEST).any():
        raise ValueError("labels are finite numbers, and none is beyond FP32")
    errors: Floats = _numbers(answers) - labels
    return errors[np.isfinite(errors)]


def _numbers(column: Column) -> Floats:
    """A number for each row, not finite where there is none."""
    with np.errstate(over="ignore"):
        if isinstance(column, np.ndarray) and column.dtype.kind in "fiu":
            return _at_width(column)
        values = [np.nan] * len(column) if isinstance(column, Codes) else map(_number, column)
        return _at_width(np.fromiter(values, dtype=np.float64))


def _at_width(values: NDArray[Any]) -> Floats:
    return values.astype(np.float32).astype(np.float64)


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= _LARGEST else np.nan

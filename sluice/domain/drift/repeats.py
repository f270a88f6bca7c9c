"""How many rows are copies of an earlier one? Equal in all inputs that are watched, among so many neighbours at most.

Rows that come twice say that a caller repeats itself, or that a source was read twice. Where inputs have few values
many rows are equal anyway, the more of them the more neighbours are looked at: a reference counts its own rows among so
many, and a window among as many or, where a file has fewer, less. That finds fewer copies and never more.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.binning import Binning, Role
from sluice.domain.drift.column import Codes, Column, Plain

SCOPE = 2048
"""Rows among which a copy is looked for: those that come next to each other."""

Keys = NDArray[np.uint64]
# Of splitmix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014).
_GAMMA, _MIX_1, _MIX_2 = (np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_SHIFT_1, _SHIFT_2, _SHIFT_3 = (np.uint64(each) for each in (30, 27, 31))


@dataclass(frozen=True, slots=True)
class Repeats:
    """What was counted of some rows; the pieces of a window add up.

    Attributes:
        rows: How many were compared with each other.
        copies: How many of them are equal to one before them.

    """

    rows: int = 0
    copies: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.copies <= self.rows:
            raise ValueError(f"copies are some of the rows, got {self.copies} of {self.rows}")

    def __add__(self, other: Self) -> Self:
        return type(self)(self.rows + other.rows, self.copies + other.copies)

    @property
    def share(self) -> float:
        """Of the rows; 0 where there are none."""
        return self.copies / max(self.rows, 1)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def count_repeats(binning: Binning, columns: Mapping[str, Column], rows: int) -> Repeats:
    """Count the copies among rows in the order they came; an input without a column is missing in every row."""
    keys = np.zeros(rows, dtype=np.uint64)
    for bins in binning.features:
        if bins.role is Role.INPUT and bins.name in columns:
            keys = _mixed(keys ^ _values(columns[bins.name]))
    distinct = sum(len(np.unique(keys[start : start + SCOPE])) for start in range(0, rows, SCOPE))
    return Repeats(rows, rows - distinct)


def repeats_of_reference(binning: Binning, columns: Mapping[str, Column], rows: int) -> Repeats | None:
    """Those of its rows that have all the neighbours there may be; None where there are fewer than that."""
    whole = rows // SCOPE * SCOPE
    return count_repeats(binning, {name: column[:whole] for name, column in columns.items()}, whole) if whole else None


def _mixed(keys: Keys) -> Keys:
    """Spread over all 64 bits: of the two million pairs of neighbours one in 2**64 is taken for equal and is not."""
    keys = keys + _GAMMA
    keys = (keys ^ (keys >> _SHIFT_1)) * _MIX_1
    keys = (keys ^ (keys >> _SHIFT_2)) * _MIX_2
    return keys ^ (keys >> _SHIFT_3)


def _values(column: Column) -> Keys:
    """A number for each value, the same for equal ones; nothing beyond these rows."""
    if isinstance(column, Codes):
        return column.codes.astype(np.int64).view(np.uint64)
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiub":
        with np.errstate(over="ignore"):
            numbers = column.astype(np.float32) + np.float32(0)  # as the model reads them; -0 is 0
        return np.where(np.isnan(numbers), np.float32(np.nan), numbers).view(np.uint32).astype(np.uint64)
    return _places(column.tolist() if isinstance(column, np.ndarray) else column)


def _places(values: Plain) -> Keys:
    places: dict[Any, int] = {}
    try:
        found = [places.setdefault(value, len(places)) for value in values]
    except TypeError:  # a list or an object, which is of the wrong type in any case
        places.clear()
        found = [places.setdefault(repr(value), len(places)) for value in values]
    return np.array(found, dtype=np.uint64)

"""How many rows are copies of an earlier one? Equal in all inputs that are watched, among so many neighbours at most.

Rows that come twice say that a caller repeats itself, or that a source was read twice. Where inputs have few values
many rows are equal anyway, the more of them the more neighbours are looked at: a reference counts its own rows among so
many, and a window among as many or, where a file has fewer, less. That finds fewer copies and never more.

Two inputs tell most rows apart, so all others are looked at only for the rows that are equal in these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.binning import Binning, Role
from sluice.domain.drift.column import Codes, Column, Plain, taken

SCOPE = 2048
"""Rows among which a copy is looked for: those that come next to each other."""

_AT_ONCE = 8 * SCOPE  # rows: what is worked on stays in the processor's cache
_FIRST, _MORE = 2, 4  # so many inputs are looked at, then so many times more
_FEW = 4  # rows are left out where at most one in so many is a copy

Keys = NDArray[np.uint64]
_GOLDEN, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)  # 2**64 / golden ratio (Knuth, TAOCP 3, 6.4)


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
    inputs = _telling_first(binning, columns)
    copies = 0
    for start in range(0, rows, _AT_ONCE):
        scopes = np.arange(min(_AT_ONCE, rows - start), dtype=np.uint64) // np.uint64(SCOPE)
        piece = inputs if len(scopes) == rows else [column[start : start + _AT_ONCE] for column in inputs]
        copies += _copies(_mixed(scopes), piece)
    return Repeats(rows, copies)


def repeats_of_reference(binning: Binning, columns: Mapping[str, Column], rows: int) -> Repeats | None:
    """Those of its rows that have all the neighbours there may be; None where there are fewer than that."""
    whole = rows // SCOPE * SCOPE
    return count_repeats(binning, {name: column[:whole] for name, column in columns.items()}, whole) if whole else None


def _telling_first(binning: Binning, columns: Mapping[str, Column]) -> list[Column]:
    """The inputs: first those that are quick to look at and have many values."""
    inputs = [bins for bins in binning.features if bins.role is Role.INPUT and bins.name in columns]
    inputs.sort(key=lambda bins: (not isinstance(columns[bins.name], np.ndarray), -bins.cells))
    return [columns[bins.name] for bins in inputs]


def _copies(keys: Keys, inputs: Sequence[Column], looks: int = _FIRST) -> int:
    """How many rows are equal to another in their keys so far and in these inputs, one of each kind left out."""
    for column in inputs[:looks]:
        keys = _mixed(np.bitwise_xor(keys, _values(column), out=keys))
    ordered, rest = np.sort(keys), inputs[looks:]
    is_equal = ordered[1:] == ordered[:-1]
    copies = int(np.count_nonzero(is_equal))
    if not copies or not rest:
        return copies
    if _FEW * copies <= len(keys):
        alike = _alike(keys, ordered[1:][is_equal])
        keys, rest = keys[alike], [taken(column, alike) for column in rest]
    return _copies(keys, rest, looks * _MORE)


def _alike(keys: Keys, sought: Keys) -> NDArray[np.intp]:
    """The places of sought keys, and of few others: those that agree in sixteen bits."""
    is_sought = np.zeros(1 << 16, dtype=np.bool)
    is_sought[sought.view(np.uint16)[::4]] = True
    return is_sought[keys.view(np.uint16)[::4]].nonzero()[0]


def _mixed(keys: Keys) -> Keys:
    """Spread over all 64 bits, in place: different keys stay different.

    Of the two million pairs of neighbours one in 2**64 is taken for equal and is not.
    """
    np.multiply(keys, _GOLDEN, out=keys)
    return np.bitwise_xor(keys, keys >> _HALF, out=keys)


def _values(column: Column) -> NDArray[np.unsignedinteger[Any]]:
    """A number for each value, the same for equal ones; nothing beyond these rows."""
    if isinstance(column, Codes):
        return column.codes.astype(np.int64).view(np.uint64)
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiub":
        with np.errstate(over="ignore"):
            numbers = column.astype(np.float32)  # as the model reads them
        numbers += np.float32(0)  # -0 is 0
        is_missing = np.isnan(numbers)
        if is_missing.any():
            numbers[is_missing] = np.nan
        return numbers.view(np.uint32)
    return _places(column.tolist() if isinstance(column, np.ndarray) else column)


def _places(values: Plain) -> Keys:
    try:
        distinct = dict.fromkeys(values)
    except TypeError:  # a list or an object, which is of the wrong type in any case
        values = [repr(value) for value in values]
        distinct = dict.fromkeys(values)
    places = {value: place for place, value in enumerate(distinct)}
    return np.fromiter(map(places.__getitem__, values), dtype=np.uint64, count=len(values))

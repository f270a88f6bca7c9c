"""What does a column of data hold? Numbers or categories, what is missing, and what is of the wrong type."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Codes:
    """A column of categories that is encoded already, as pandas' ``Categorical`` is.

    Attributes:
        codes: Of shape (rows,): the place of each row's category; negative where it is missing.
        categories: The names.

    """

    codes: NDArray[np.integer[Any]]
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice) -> "Codes":
        return Codes(self.codes[rows], self.categories)


Plain: TypeAlias = Sequence[Any] | NDArray[Any]
Column: TypeAlias = Plain | Codes


class Numbers(NamedTuple):
    """The usable part of a numeric column.

    Attributes:
        values: Real numbers of any width, NaN where one is missing; infinities are kept.
        wrong_type: How many other rows hold something else.

    """

    values: NDArray[Any]
    wrong_type: int


class Words(NamedTuple):
    """A categorical column, counted.

    Attributes:
        counts: Rows by category.
        missing: Rows with None, NaN or an empty string.
        wrong_type: Rows that hold something else: a fraction, a list, an object.

    """

    counts: Counter[str]
    missing: int
    wrong_type: int


_NUMBERS = {float, int, type(None)}


def rows_of(column: Column) -> int:
    """How many rows a column has. Raises ValueError unless it holds one value a row."""
    if isinstance(column, np.ndarray) and column.ndim != 1:
        raise ValueError(f"a column holds one value a row, got an array of shape {column.shape}")
    return len(column)


def taken(column: Column, rows: NDArray[np.integer[Any]]) -> Column:
    """Some rows of a column, by place."""
    if isinstance(column, Codes):
        return Codes(column.codes[rows], column.categories)
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows.tolist()]


def numbers(column: Column) -> Numbers:
    """Read a column as numbers. None is missing; booleans and texts are of the wrong type, even "3.5"."""
    if isinstance(column, Codes):
        return Numbers(np.empty(0), len(column))
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiu":
        return Numbers(column, 0)
    values = column.tolist() if isinstance(column, np.ndarray) else column
    if set(map(type, values)) <= _NUMBERS:
        try:
            return Numbers(np.array(values, dtype=np.float64), 0)
        except OverflowError:
            pass  # an integer beyond 1.8e308, which is read one by one
    read = [_number(value) for value in values]
    usable = [value for value in read if value is not None]
    return Numbers(np.array(usable, dtype=np.float64), len(read) - len(usable))


def words(column: Column) -> Words:
    """Read a column as categories. Whole numbers and booleans are categories of their JSON form."""
    if isinstance(column, Codes):
        return _of_codes(column)
    values = column.tolist() if isinstance(column, np.ndarray) else column
    try:
        distinct = Counter(values)
    except TypeError:
        distinct = Counter(_hashable(values))
    counts, missing, wrong_type = Counter[str](), 0, 0
    for value, count in distinct.items():
        word = _word(value)
        if word is None:
            wrong_type += count
        elif word:
            counts[word] += count
        else:
            missing += count
    return Words(counts, missing, wrong_type)


def is_numeric(column: Column) -> bool:
    """Whether a column looks like numbers, judging by its type or its first value that is not missing."""
    if isinstance(column, Codes):
        return False
    if isinstance(column, np.ndarray) and column.dtype.kind != "O":
        return column.dtype.kind in "fiu"
    first = next((value for value in column if value is not None), 0.0)
    return isinstance(first, int | float | np.integer | np.floating) and not isinstance(first, bool)


def _of_codes(column: Codes) -> Words:
    by_code = np.bincount(column.codes.astype(np.intp) + 1, minlength=1)
    counts = {name: int(count) for name, count in zip(column.categories, by_code[1:], strict=False) if count}
    known = len(column.categories)
    return Words(Counter(counts), int(by_code[0]), int(by_code[known + 1 :].sum()))


def _number(value: Any) -> float | None:
    """None for what is no number; NaN for what is missing."""
    if value is None:
        return np.nan
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return None
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _word(value: Any) -> str | None:
    """None for what is no category; empty for what is missing."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | np.bool):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float | np.floating):
        return _whole(float(value))
    return None


def _whole(value: float) -> str | None:
    if isnan(value):
        return ""
    return str(int(value)) if value.is_integer() else None


def _hashable(values: Iterable[Any]) -> Iterable[Any]:
    """What is no category by its type is counted as one thing of no category."""
    return (value if isinstance(value, str | bytes | int | float | np.generic | None) else _OTHER for value in values)


_OTHER = object()

"""Which slices of its rows is a version watched by? Those that are declared and that its reference knows.

An hour's counts are one item of DynamoDB, which holds 400 KB, so only as many slices are counted as are sure to fit.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Codes, Plain, words
from sluice.domain.drift.sliced import Slice, SlicedReference

MOST_BYTES = 350_000
"""What the counts of an hour may take, before they are compressed."""

# Three bytes hold two million rows of an hour in each cell; who has more has a few cells with one byte more.
_BYTES_A_COUNTER = 3
_BYTES_BESIDE = 64  # of a slice: lengths, rows, the id of the bins


@dataclass(frozen=True, slots=True)
class Slicing:
    """By which slices a version is watched, and by which not.

    Attributes:
        known: Slices that are counted and judged, those with the most rows first.
        lacking: Columns that are declared, and of which the reference knows no slice.
        left_out: How many slices are not counted because an item does not hold them.

    """

    known: tuple[Slice, ...] = ()
    lacking: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know, in words."""
        lacking = f"not sliced by {' and '.join(self.lacking)}: the reference has no such slices, build one with them"
        left_out = f"{self.left_out} slices with the fewest rows are not counted: an item does not hold more"
        return (lacking,) * bool(self.lacking) + (left_out,) * bool(self.left_out)


def slicing(reference: SlicedReference, declared: Sequence[str]) -> Slicing:
    """By which slices a version is watched whose declared columns are these."""
    wanted = [of for of in reference.slices if of.column in declared]
    wanted.sort(key=lambda of: -reference.slices[of].rows)
    known = tuple(_that_fit(wanted, reference.whole.binning))
    lacking = tuple(name for name in declared if name not in reference.columns)
    return Slicing(known, lacking, len(wanted) - len(known))


def of_slices(column: Plain, name: str, known: Collection[Slice]) -> Codes:
    """A column as codes of its known slices; every other value is as a missing one."""
    values = tuple(of.value for of in known if of.column == name)
    places = {value: place for place, value in enumerate(values)}
    rows = column.tolist() if isinstance(column, np.ndarray) else list(column)
    try:
        codes = _codes(rows, places)
    except TypeError:  # a list or an object is no slice
        codes = _codes([None if isinstance(row, list | dict) else row for row in rows], places)
    return Codes(np.array(codes, dtype=np.int64), values)


def _codes(rows: list[object], places: dict[str, int]) -> list[int]:
    """Places of slices by value, each distinct value read once."""
    by_value = {value: places.get(next(iter(words([value]).counts), ""), -1) for value in dict.fromkeys(rows)}
    return [by_value[row] for row in rows]


def _that_fit(wanted: Sequence[Slice], binning: Binning) -> Iterator[Slice]:
    room = MOST_BYTES - _BYTES_A_COUNTER * binning.size
    for of in wanted:
        room -= _BYTES_A_COUNTER * binning.size + len(str(of).encode()) + _BYTES_BESIDE
        if room < 0:
            return
        yield of

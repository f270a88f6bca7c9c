"""Which rows are looked at, and when was which? Read from a file or wherever else, some thousands at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Counts, Floats
from sluice.domain.drift.column import Codes, Column, taken
from sluice.domain.drift.sliced import taken_of

_Of = TypeVar("_Of", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows.

    Attributes:
        columns: Of features, by name; the number that a model answers among them, where it is known.
        slices: Of the columns to slice by.
        times: Microseconds since 1970 of each; None where nobody asks.
        answers: Of a classifier; None where they are not known.
        labels: Place of each row's true class, negative where it is not known; None where none is.
        true_numbers: What a number should have been, NaN where it is not known; None where none is.

    """

    columns: Mapping[str, Column]
    slices: Mapping[str, Codes] = field(default_factory=dict)
    times: Counts | None = None
    answers: Answers | None = None
    labels: Counts | None = None
    true_numbers: Floats | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def at(self, places: NDArray[np.intp]) -> "Rows":
        """Some of them."""
        return Rows(
            {name: taken(column, places) for name, column in self.columns.items()},
            {name: Codes(column.codes[places], column.categories) for name, column in self.slices.items()},
            None if self.times is None else self.times[places],
            None if self.answers is None else taken_of(self.answers, places),
            None if self.labels is None else self.labels[places],
            None if self.true_numbers is None else self.true_numbers[places],
        )


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows together, in this order; at least one part, and all with the same columns."""
    first = parts[0]
    answers = [part.answers for part in parts if part.answers is not None]
    return Rows(
        {name: _joined([part.columns[name] for part in parts]) for name in first.columns},
        {name: _joined_codes([part.slices[name] for part in parts]) for name in first.slices},
        _concatenated([part.times for part in parts]),
        Answers(
            np.concatenate([each.probabilities for each in answers]),
            np.concatenate([each.predicted for each in answers]),
        )
        if answers
        else None,
        _concatenated([part.labels for part in parts]),
        _concatenated([part.true_numbers for part in parts]),
    )


def _joined(columns: Sequence[Column]) -> Column:
    if all(isinstance(column, Codes) for column in columns):
        return _joined_codes([column for column in columns if isinstance(column, Codes)])
    arrays = [column for column in columns if isinstance(column, np.ndarray)]
    if len(arrays) == len(columns):
        return np.concatenate(arrays)
    listed = (column.tolist() if isinstance(column, np.ndarray) else column for column in columns)
    return list(chain.from_iterable(listed))  # type: ignore[arg-type]  # codes stand beside codes only


def _joined_codes(columns: Sequence[Codes]) -> Codes:
    """Codes of all categories that occur; what is no category stays beyond them."""
    known = {name: place for place, name in enumerate(dict.fromkeys(chain(*(each.categories for each in columns))))}
    moved = []
    for column in columns:
        places = np.array([*(known[name] for name in column.categories), len(known), -1], dtype=np.int64)
        last = len(column.categories)
        moved.append(places[np.where(column.codes < 0, last + 1, np.minimum(column.codes, last))])
    return Codes(np.concatenate(moved), tuple(known))


def _concatenated(parts: Sequence[NDArray[_Of] | None]) -> NDArray[_Of] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None

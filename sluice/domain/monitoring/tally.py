"""How are rows counted that come a few at a time? Gathered until there are enough of them, then counted at once.

Numbers are counted at the width of FP32, and so are the edges of the reference: what a caller writes as 73.1 and a
model reads as 73.0999985 lies in the same cell.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning, NumericBins
from sluice.domain.drift.column import Column, Plain, numbers
from sluice.domain.drift.repeats import Repeats, count_repeats
from sluice.domain.drift.sliced import Slice, count_slices
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.drift.unknown import Unknown, together, unknown_words
from sluice.domain.monitoring.gathering import Gathering
from sluice.domain.monitoring.rows import Rows
from sluice.domain.monitoring.slices import of_slices

AT_ONCE = 8192  # rows: memory stays the same however long a file is


@dataclass(slots=True)
class _Batch:
    """Rows that wait, all of them with an answer or all without."""

    rows: int = 0
    pieces: list[Rows] = field(default_factory=list)


class Tally:
    """Counts the rows of one window by the bins of one reference, and beside the whole those of some slices."""

    def __init__(self, binning: Binning, slices: Collection[Slice] = ()) -> None:
        self._binning = binning
        self._known = slices
        self._total = empty(binning)
        self._slices: dict[Slice, Summary] = {}
        self._unknown: Unknown = {}
        self._repeats = Repeats()
        self._waiting = Gathering(binning)
        self._batches: dict[bool, _Batch] = {}

    def read(self, data: Mapping[str, Any]) -> None:
        """Count the rows of an exchange, by its ``captureData``. Raises Poison."""
        for rows in self._waiting.add(data):
            self.add(rows)

    def add(self, rows: Rows) -> None:
        """Count some rows."""
        batch = self._batches.setdefault(rows.probabilities is not None, _Batch())
        batch.pieces.append(rows)
        batch.rows += rows.count
        if batch.rows >= AT_ONCE:
            self._count(batch)

    def summary(self) -> Summary:
        """All that was counted."""
        self._count_rest()
        return self._total

    def slices(self) -> dict[Slice, Summary]:
        """What was counted of each slice that had rows."""
        self._count_rest()
        return dict(self._slices)

    def unknown(self) -> Unknown:
        """The words that the reference does not know."""
        self._count_rest()
        return self._unknown

    def repeats(self) -> Repeats:
        """How many rows are copies of one before them."""
        self._count_rest()
        return self._repeats

    def _count_rest(self) -> None:
        for rows in self._waiting.rest():
            self.add(rows)
        for batch in self._batches.values():
            self._count(batch)

    def _count(self, batch: _Batch) -> None:
        if not batch.rows:
            return
        columns = {
            bins.name: _column(batch.pieces, bins.name, is_numeric=isinstance(bins, NumericBins))
            for bins in self._binning.features
        }
        answers = _answers(batch.pieces)
        summary = summarise(self._binning, columns, answers)
        self._total += summary
        unknown = unknown_words(self._binning, columns, answers, summary=summary)
        self._unknown = together((self._unknown, unknown))
        self._repeats += count_repeats(self._binning, columns, batch.rows)
        for of, summary in self._sliced(batch.pieces, columns, answers).items():
            self._slices[of] = self._slices[of] + summary if of in self._slices else summary
        batch.rows, batch.pieces = 0, []

    def _sliced(
        self, pieces: list[Rows], columns: Mapping[str, Column], answers: Answers | None
    ) -> Mapping[Slice, Summary]:
        names = dict.fromkeys(of.column for of in self._known)
        slices = {name: of_slices(_column(pieces, name, is_numeric=False), name, self._known) for name in names}
        return count_slices(self._binning, columns, slices, known=self._known, answers=answers)


def _column(pieces: list[Rows], name: str, *, is_numeric: bool) -> Plain:
    """A feature in all rows; missing where an exchange did not hold it."""
    whole = _joined([piece.columns.get(name, [None] * piece.count) for piece in pieces])
    return _narrow(whole) if is_numeric else whole


def _joined(parts: list[Any]) -> Plain:
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    return list(chain.from_iterable(part.tolist() if isinstance(part, np.ndarray) else part for part in parts))


def _narrow(column: Plain) -> Plain:
    values, wrong_type = numbers(column)
    if wrong_type:
        return column
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _answers(pieces: list[Rows]) -> Answers | None:
    if pieces[0].probabilities is None:
        return None
    return Answers.most_probable(np.concatenate([piece.probabilities for piece in pieces]))

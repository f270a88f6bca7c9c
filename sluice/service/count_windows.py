"""What do the windows of a stream of rows come to? Counted as they pass: no row is kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Protocol, Self, TypeVar

import numpy as np

from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Codes
from sluice.domain.drift.number_outcomes import count_number_outcomes
from sluice.domain.drift.outcomes import Outcomes, count_outcomes
from sluice.domain.drift.repeats import Repeats, count_repeats
from sluice.domain.drift.slice_numbers import count_slice_numbers
from sluice.domain.drift.sliced import Slice, SlicedReference, count_slice_outcomes, count_slices, taken_of
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.drift.unknown import Unknown, together, unknown_words
from sluice.domain.errors import SluiceError
from sluice.service.drift_rows import Rows

MOST_WINDOWS = 10_000
_FEW = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_Counts = TypeVar("_Counts", Summary, Outcomes)


class TooManyWindows(SluiceError):
    """The rows would fall into more windows than anybody looks at."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One window, or a part of it.

    Attributes:
        summary: Of all its rows.
        slices: Of the slices that have rows in it.
        outcomes: Of the rows with a label; None where labels are not asked for.
        slice_outcomes: Of the slices that have rows with a label.
        unknown: Words of all rows that the reference does not know.
        repeats: How many rows are copies; nothing where that was not asked.

    """

    summary: Summary
    slices: Mapping[Slice, Summary] = field(default_factory=dict)
    outcomes: Outcomes | None = None
    slice_outcomes: Mapping[Slice, Outcomes] = field(default_factory=dict)
    unknown: Unknown = field(default_factory=dict)
    repeats: Repeats = field(default_factory=Repeats)

    def __add__(self, other: Self) -> Self:
        both = self.outcomes and other.outcomes and self.outcomes + other.outcomes
        return type(self)(
            self.summary + other.summary,
            _together(self.slices, other.slices),
            both or self.outcomes or other.outcomes,
            _together(self.slice_outcomes, other.slice_outcomes),
            together((self.unknown, other.unknown)),
            self.repeats + other.repeats,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """Some consecutive rows, counted.

    Attributes:
        start: Of its time; None where windows are so many rows.
        end: Just after it.
        counted: What was counted.

    """

    start: datetime | None
    end: datetime | None
    counted: Counted


class Cut(Protocol):
    """Into which windows are rows cut?"""

    def places(self, rows: Rows, before: int) -> Counts:
        """The window of each row, of shape (rows,); ``before`` is how many rows came before."""

    def bounds(self, place: int) -> tuple[datetime | None, datetime | None]:
        """When a window begins and ends."""


@dataclass(frozen=True, slots=True)
class ByRows:
    """Windows of so many rows, in the order they come; None for a single one."""

    rows: int | None = None

    def places(self, rows: Rows, before: int) -> Counts:
        """By how many came before."""
        return (before + np.arange(len(rows))) // self.rows if self.rows else np.zeros(len(rows), dtype=np.int64)

    def bounds(self, place: int) -> tuple[None, None]:
        """Nobody knows."""
        del place
        return None, None


@dataclass(frozen=True, slots=True)
class ByTime:
    """Windows of equal length in time, in whatever order rows come; they begin at multiples of it since 1970, UTC."""

    length: timedelta

    def places(self, rows: Rows, before: int) -> Counts:
        """By their times, which must be there."""
        del before
        if rows.times is None:
            raise ValueError("rows without times cannot be cut by time")
        return rows.times // (self.length // _MICROSECOND)

    def place(self, at: datetime) -> int:
        """The window of a moment."""
        return (at - _EPOCH) // self.length

    def bounds(self, place: int) -> tuple[datetime, datetime]:
        """By the window's place since 1970."""
        return _EPOCH + place * self.length, _EPOCH + (place + 1) * self.length


def count_windows(reference: SlicedReference, stream: Iterable[Rows], cut: Cut) -> list[Window]:
    """Count rows window by window, from the first with rows to the last; one between them may be without rows.

    Raises TooManyWindows.
    """
    counted: dict[int, Counted] = {}
    before = 0
    for rows in stream:
        for place, part in _parts(rows, cut.places(rows, before)):
            new = count(reference, part)
            counted[place] = counted[place] + new if place in counted else new
            _check(counted)
        before += len(rows)
    return without_gaps(counted, cut, reference.whole.binning)


def without_gaps(
    counted: Mapping[int, Counted], cut: Cut, binning: Binning, *, last: int | None = None
) -> list[Window]:
    """Windows from the first that was counted to ``last``, else the last counted; empty ones where nothing was."""
    if not counted:
        return []
    nothing = Counted(empty(binning))
    end = max(counted) if last is None else last
    return [Window(*cut.bounds(place), counted.get(place, nothing)) for place in range(min(counted), end + 1)]


def without_cut_ends(windows: Sequence[Window]) -> tuple[list[Window], tuple[str, ...]]:
    """The windows of a time without a first and a last one that the data's own ends cut off, and what is left out.

    Half a day is no small day: its flights are others. A window is cut off if it has less than half of the rows that
    windows usually have. Of windows of rows none is left out.
    """
    if len(windows) < _FEW or windows[0].start is None:
        return list(windows), ()
    usual = median(window.counted.summary.rows for window in windows)
    is_cut = [2 * window.counted.summary.rows < usual for window in (windows[0], windows[-1])]
    left_out = [window for window, cut in zip((windows[0], windows[-1]), is_cut, strict=True) if cut]
    notes = tuple(
        f"the window from {window.start:%Y-%m-%d %H:%M} UTC is left out: the data's end cuts it off, it has "
        f"{window.counted.summary.rows:,} rows of {usual:,.0f} that windows usually have"
        for window in left_out
    )
    return list(windows[is_cut[0] : len(windows) - is_cut[1]]), notes


def count(reference: SlicedReference, rows: Rows) -> Counted:
    """Count some rows of one window; copies where the reference knows how many there were of them."""
    binning = reference.whole.binning
    summary = summarise(binning, rows.columns, rows.answers)
    counted = Counted(
        summary,
        count_slices(binning, rows.columns, rows.slices, known=reference.slices, answers=rows.answers),
        unknown=unknown_words(binning, rows.columns, rows.answers, summary=summary),
        repeats=count_repeats(binning, rows.columns, len(rows)) if reference.whole.repeats else Repeats(),
    )
    if rows.true_numbers is not None and binning.tolerance is not None:
        said, true = rows.columns[binning.tolerance.output], rows.true_numbers
        of_numbers = count_slice_numbers(binning, rows.slices, said, true, known=reference.slices)
        return replace(counted, outcomes=count_number_outcomes(binning, said, true), slice_outcomes=of_numbers)
    if rows.labels is None or rows.answers is None:
        return counted
    labelled = (rows.labels >= 0).nonzero()[0]
    answers, labels = taken_of(rows.answers, labelled), rows.labels[labelled]
    groups = {name: Codes(column.codes[labelled], column.categories) for name, column in rows.slices.items()}
    of_slices = count_slice_outcomes(binning, groups, answers, labels, known=reference.slices)
    return replace(counted, outcomes=count_outcomes(binning, answers, labels), slice_outcomes=of_slices)


def _together(one: Mapping[Slice, _Counts], other: Mapping[Slice, _Counts]) -> dict[Slice, _Counts]:
    """The counts of both, slice by slice."""
    both = dict(one)
    for of, counts in other.items():
        both[of] = both[of] + counts if of in both else counts
    return both


def _parts(rows: Rows, places: Counts) -> Iterator[tuple[int, Rows]]:
    """Rows by window, each with its rows in their order."""
    found = np.unique(places)
    if len(found) == 1:
        yield int(found[0]), rows
        return
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], found)
    for place, start, end in zip(found.tolist(), starts, [*starts[1:], len(places)], strict=True):
        yield place, rows.at(order[start:end])


def _check(counted: Mapping[int, object]) -> None:
    if (many := max(counted) - min(counted) + 1) > MOST_WINDOWS:
        raise TooManyWindows(f"the rows fall into {many:,} windows, {MOST_WINDOWS:,} is the most: choose longer ones")

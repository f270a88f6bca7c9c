"""Which rows may be learnt from? Each prediction once, and nothing that was not known by then.

What becomes of a row follows from what is known of all of them, and not from the order in which they are found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from sluice.domain.training.cap import over_cap
from sluice.domain.training.rows import NOBODY, Flags, Numbers, Rows, State, Whole


class Fate(IntEnum):
    """What becomes of a row; those from MISFIT on are quarantined, for a person to look at."""

    KEPT = 0
    REPLACED = 1  # a later attempt gave the answer, or the same was captured twice
    OUTSIDE = 2  # of the time that is meant
    SEVERAL = 3  # asked about together with others: nobody knows of which row a label is
    UNLABELLED = 4
    LABEL_UNKNOWN_THEN = 5  # the label came after the moment as of which is asked
    LABEL_BEFORE = 6  # the label is older than the prediction: it is about something else
    LABEL_REFUSED = 7  # no value that a label may have
    OVER_CAP = 8  # its unit has enough rows
    MISFIT = 9
    REDACTED = 10
    OUTLIER = 11

    @property
    def is_quarantined(self) -> bool:
        """Whether a person should look at such rows."""
        return self >= Fate.MISFIT


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be learnt from; moments are microseconds since 1970.

    Attributes:
        since: No row is from before.
        until: All rows are from before.
        as_of: What was not known by then is not used.
        least: The least a label may be.
        most: The most.
        classes: How many classes there are, whose places labels are; 0 where labels are numbers.
        per_unit: At most so many rows of a unit; 0: as many as there are.

    """

    since: int
    until: int
    as_of: int
    least: float
    most: float
    classes: int = 0
    per_unit: int = 0


def choose(rows: Rows, terms: Terms) -> Whole:
    """The ``Fate`` of each row. The first that applies, in the order of the enumeration, but the cap comes last."""
    fates = np.full(len(rows), Fate.KEPT, dtype=np.int64)
    for fate, applies in _reasons(rows, terms):
        fates[(fates == Fate.KEPT) & applies] = fate
    if terms.per_unit:
        kept = np.flatnonzero((fates == Fate.KEPT) & (rows.units != NOBODY))
        order = kept[np.lexsort((rows.ids[kept], rows.times[kept], rows.units[kept]))]
        fates[order[over_cap(rows.units[order], terms.per_unit)]] = Fate.OVER_CAP
    return fates


def in_order(rows: Rows, places: Whole) -> Whole:
    """Some rows in the order of time, and of their ids within a second."""
    return places[np.lexsort((rows.ids[places], rows.times[places]))]


def _reasons(rows: Rows, terms: Terms) -> Iterator[tuple[Fate, Flags]]:
    labelled = ~np.isnan(rows.labels)
    yield Fate.REPLACED, ~_last(rows)
    yield Fate.OUTSIDE, (rows.times < terms.since) | (rows.times >= terms.until)
    yield Fate.SEVERAL, rows.states == State.SEVERAL
    yield Fate.UNLABELLED, ~labelled
    yield Fate.LABEL_UNKNOWN_THEN, (rows.received > terms.as_of) | (rows.label_times > terms.as_of)
    yield Fate.LABEL_BEFORE, rows.label_times < rows.times
    yield Fate.LABEL_REFUSED, ~_allowed(rows.labels, terms)
    yield Fate.MISFIT, rows.states == State.MISFIT
    yield Fate.REDACTED, rows.states == State.REDACTED


def _last(rows: Rows) -> Flags:
    """Whether a row is of the attempt that gave the answer: the last one, each once."""
    order = np.lexsort((rows.times, -rows.attempts, rows.ids))
    ids = rows.ids[order]
    last = np.zeros(len(rows), dtype=np.bool_)
    last[order[np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]][: len(ids)])]] = True
    return last


def _allowed(labels: Numbers, terms: Terms) -> Flags:
    allowed = (labels >= terms.least) & (labels <= terms.most)
    if terms.classes:
        allowed &= (labels == np.floor(labels)) & (labels >= 0) & (labels < terms.classes)
    return np.asarray(allowed)

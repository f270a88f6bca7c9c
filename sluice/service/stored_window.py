"""How do the counts of a window stand in the table? The whole, slices and unknown words as bytes, labels elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sluice.aws.windows import Stored, Windows
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.slices_wire import decode_slices, encode_slices
from sluice.domain.drift.unknown_wire import decode_unknown, encode_unknown
from sluice.domain.drift.wire import decode, encode
from sluice.domain.monitoring.window import Window, hour_of
from sluice.service.count_windows import Counted

_LARGEST = 390_000  # bytes; an item holds 400 KB, keys and names included
_MOST_OF_WORDS = 30_000  # bytes: beside what slices may take (``sluice.domain.monitoring.slices``) there are 40,000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which hours are asked for.

    Attributes:
        model: Name of the model.
        version: Whose windows.
        first: When the earliest hour began; aware, UTC.
        until: A moment in the last one.

    """

    model: str
    version: str
    first: datetime
    until: datetime


def stored_hours(asked: Asked, binning: Binning, windows: Windows) -> Iterator[tuple[datetime, Counted]]:
    """Each stored hour of each slot, with when it began. May raise StoreUnavailable."""
    last = hour_of(asked.until)
    for stored in windows.between(asked.model, asked.version, binning.id, first=asked.first, last=last):
        yield stored.window.start, counted_of(stored, binning)


def counted_of(stored: Stored, binning: Binning) -> Counted:
    """What was counted, without labels. Raises InvalidSummary, or ReferenceMismatch."""
    slices = decode_slices(stored.slices, binning) if stored.slices else {}
    unknown = decode_unknown(stored.unknown) if stored.unknown else {}
    repeats = Repeats(stored.compared, stored.copies)
    return Counted(decode(stored.summary, binning), slices, unknown=unknown, repeats=repeats)


def stored_of(window: Window, counted: Counted, revision: int) -> Stored:
    """What is written on top of the revision that was read, 0 for a new window; of labels nothing."""
    summary = encode(counted.summary)
    unknown = encode_unknown(counted.unknown, most=_MOST_OF_WORDS) if counted.unknown else b""
    room = _LARGEST - len(summary) - len(unknown)
    slices = encode_slices(counted.slices, most=room) if counted.slices else b""
    return Stored(window, summary, revision, slices, unknown, counted.repeats.rows, counted.repeats.copies)

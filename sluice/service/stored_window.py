"""How do the counts of a window stand in the table? The whole and its slices as bytes, labels elsewhere."""

from sluice.aws.windows import Stored
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.slices_wire import decode_slices, encode_slices
from sluice.domain.drift.wire import decode, encode
from sluice.domain.monitoring.window import Window
from sluice.service.count_windows import Counted

_LARGEST = 390_000  # bytes; an item holds 400 KB, keys and names included


def counted_of(stored: Stored, binning: Binning) -> Counted:
    """What was counted, without labels. Raises InvalidSummary, or ReferenceMismatch."""
    slices = decode_slices(stored.slices, binning) if stored.slices else {}
    return Counted(decode(stored.summary, binning), slices, repeats=Repeats(stored.compared, stored.copies))


def stored_of(window: Window, counted: Counted, revision: int) -> Stored:
    """What is written on top of the revision that was read, 0 for a new window; of labels nothing."""
    summary = encode(counted.summary)
    slices = encode_slices(counted.slices, most=_LARGEST - len(summary)) if counted.slices else b""
    return Stored(window, summary, revision, slices, counted.repeats.rows, counted.repeats.copies)

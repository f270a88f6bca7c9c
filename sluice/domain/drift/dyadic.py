"""Over which time is drift looked for? Over the last 1, 2, 4, 8, ... windows at once: what is small needs more rows."""

from collections.abc import Sequence

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.summary import Summary, merged


def last_windows(binning: Binning, windows: Sequence[Summary], *, levels: int) -> list[Summary]:
    """The last 1, 2, 4, ... of the windows, newest last, added up; only as far back as there are windows."""
    levels_there = min(levels, len(windows).bit_length())
    together: list[Summary] = []
    for level in range(levels_there):
        before = windows[len(windows) - (1 << level) : len(windows) - (1 << level >> 1)]
        together.append(merged(binning, [*together[-1:], *before]))
    return together

"""What were the same hours of earlier weeks asked? Added up, they are what hours are compared with, night and day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sluice.aws.windows import Windows
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.summary import empty
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.watch import Watch
from sluice.service.count_windows import Counted
from sluice.service.stored_window import counted_of

WEEKS = 4
_WEEK = timedelta(weeks=1)


class Weeks(NamedTuple):
    """What was found of them.

    Attributes:
        pasts: For each hour the same one of the last weeks together; empty where the reference is to be taken.
        notes: Why it is, in words.

    """

    pasts: Sequence[Counted] = ()
    notes: tuple[str, ...] = ()


def earlier_weeks(
    watch: Watch, watching: Watching, hours: Sequence[datetime], windows: Windows, *, binning: Binning
) -> Weeks:
    """The last four weeks, nothing from before what a person has accepted. Raises StoreUnavailable."""
    if not watching.by_week:
        return Weeks()
    found = dict.fromkeys(hours, Counted(empty(binning)))
    for back in (_WEEK * week for week in range(1, WEEKS + 1)):
        first, last = hours[0] - back, hours[-1] - back
        if watch.accepted is not None:
            first = max(first, watch.accepted.since)
        if first > last:
            break
        for stored in windows.between(watch.model, watch.id, binning.id, first=first, last=last):
            found[stored.window.start + back] += counted_of(stored, binning)
    if sum(past.summary.rows for past in found.values()) >= watching.least_rows:
        return Weeks(list(found.values()))
    return Weeks(notes=(f"not compared with earlier weeks: they have fewer than {watching.least_rows} rows",))

"""What were the same hours of earlier weeks asked? Added up, they are what hours are compared with, night and day."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sluice.aws.windows import Windows
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.summary import empty
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.watch import Watch
from sluice.service.count_windows import Counted
from sluice.service.stored_window import Asked, stored_hours

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
    asked = Asked(watch.model, watch.id, hours[0], hours[-1])
    since = watch.accepted.since if watch.accepted else None
    for hour, past in same_hours(asked, binning, windows, since=since):
        found[hour] += past
    if sum(past.summary.rows for past in found.values()) >= watching.least_rows:
        return Weeks(list(found.values()))
    return Weeks(notes=(f"not compared with earlier weeks: they have fewer than {watching.least_rows} rows",))


def same_hours(
    asked: Asked, binning: Binning, windows: Windows, *, since: datetime | None
) -> Iterator[tuple[datetime, Counted]]:
    """What each stored hour of the last four weeks holds, with the hour that is compared with it.

    Nothing from before ``since``. May raise StoreUnavailable.
    """
    for back in (_WEEK * week for week in range(1, WEEKS + 1)):
        first, last = asked.first - back, asked.until - back
        if since is not None:
            first = max(first, since)
        if first > last:
            break
        for start, counted in stored_hours(replace(asked, first=first, until=last), binning, windows):
            yield start + back, counted

"""What was counted of a version, in the shape in which windows meet the judgement and the report?"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain

from sluice.aws.outcomes import OutcomeStore
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes_wire import decode_outcomes
from sluice.domain.drift.slice_outcomes_wire import decode_slice_outcomes
from sluice.domain.drift.summary import empty
from sluice.domain.monitoring.window import hour_of
from sluice.service.count_windows import ByTime, Counted, Window, without_gaps
from sluice.service.earlier_weeks import same_hours
from sluice.service.find_compared import Stores
from sluice.service.stored_window import Asked, stored_hours


def gather_windows(asked: Asked, length: timedelta, binning: Binning, stores: Stores) -> list[Window]:
    """Sums of stored hours, without gaps, from the first with rows to the one under way. May raise StoreUnavailable.

    ``length`` is of a window: an hour, or whole days.
    """
    cut = ByTime(length)
    counted: dict[int, Counted] = {}
    for start, hour in chain(stored_hours(asked, binning, stores.windows), _labelled(asked, binning, stores.outcomes)):
        place = cut.place(start)
        counted[place] = counted[place] + hour if place in counted else hour
    return without_gaps(counted, cut, binning, last=cut.place(asked.until))


def gather_pasts(
    asked: Asked, length: timedelta, binning: Binning, stores: Stores, *, since: datetime | None
) -> Mapping[datetime | None, Counted]:
    """Of each such window, by its start, the same hours of the last four weeks, as far as the window has come.

    Nothing from before ``since``. May raise StoreUnavailable.
    """
    cut = ByTime(length)
    found: dict[datetime | None, Counted] = {}
    for hour, past in same_hours(asked, binning, stores.windows, since=since):
        start, _ = cut.bounds(cut.place(hour))
        found[start] = found[start] + past if start in found else past
    return found


def _labelled(asked: Asked, binning: Binning, outcomes: OutcomeStore) -> Iterator[tuple[datetime, Counted]]:
    """Each stored hour's labels, of each slot; what the hour was asked is counted elsewhere."""
    last = hour_of(asked.until)
    for stored in outcomes.between(asked.model, asked.version, binning.id, first=asked.first, last=last):
        compared = decode_outcomes(stored.outcomes, binning)
        by_slice = decode_slice_outcomes(stored.slices, binning)
        yield stored.window.start, Counted(empty(binning), outcomes=compared, slice_outcomes=by_slice)

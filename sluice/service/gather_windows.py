"""What was counted of a version, in the shape in which windows meet the judgement and the report?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sluice.aws.outcomes import OutcomeStore
from sluice.aws.windows import Windows
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes_wire import decode_outcomes
from sluice.domain.drift.summary import empty
from sluice.domain.monitoring.window import hour_of
from sluice.service.count_windows import ByTime, Counted, Window, without_gaps
from sluice.service.find_compared import Stores
from sluice.service.stored_window import counted_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for.

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


def gather_windows(asked: Asked, length: timedelta, binning: Binning, stores: Stores) -> list[Window]:
    """Sums of stored hours, without gaps, from the first with rows to the one under way. May raise StoreUnavailable.

    ``length`` is of a window: an hour, or whole days.
    """
    cut = ByTime(length)
    counted: dict[int, Counted] = {}
    for start, hour in chain(_hours(asked, binning, stores.windows), _labelled(asked, binning, stores.outcomes)):
        place = cut.place(start)
        counted[place] = counted[place] + hour if place in counted else hour
    return without_gaps(counted, cut, binning, last=cut.place(asked.until))


def _hours(asked: Asked, binning: Binning, windows: Windows) -> Iterator[tuple[datetime, Counted]]:
    """Each stored hour of each slot, with when it began."""
    last = hour_of(asked.until)
    for stored in windows.between(asked.model, asked.version, binning.id, first=asked.first, last=last):
        yield stored.window.start, counted_of(stored, binning)


def _labelled(asked: Asked, binning: Binning, outcomes: OutcomeStore) -> Iterator[tuple[datetime, Counted]]:
    """Each stored hour's labels, of each slot; what the hour was asked is counted elsewhere."""
    last = hour_of(asked.until)
    for stored in outcomes.between(asked.model, asked.version, binning.id, first=asked.first, last=last):
        compared = decode_outcomes(stored.outcomes, binning)
        yield stored.window.start, Counted(empty(binning), outcomes=compared)

"""What is the version called that a retraining makes? By when it was called for, unless a person says so."""

from collections.abc import Collection
from datetime import datetime
from itertools import chain, count

from sluice.domain.retraining.book import Book
from sluice.domain.retraining.run import SUCCEEDED
from sluice.domain.retraining.trigger import Trigger
from sluice.domain.signature import is_version_name
from sluice.domain.training.pipeline import VERSION


def version_for(trigger: Trigger, book: Book) -> str:
    """The name, decided once: whoever starts the retraining writes it down with it."""
    return trigger.parameters.get(VERSION) or name_version(trigger.at, {run.version for run in book.runs})


def unfit_version(trigger: Trigger, book: Book) -> str | None:
    """Why the name that a person gives cannot be; None where it can, or none is given."""
    given = trigger.parameters.get(VERSION)
    if given is None:
        return None
    if not is_version_name(given):
        return f"the parameter {VERSION} is 1 to 64 letters, digits and any of . _ + -, got {given!r:.70}"
    made = next((run.id for run in book.runs if run.version == given and run.status == SUCCEEDED), None)
    return None if made is None else f"retraining {made} has made version {given}: give the new one another name"


def name_version(at: datetime, taken: Collection[str]) -> str:
    """The minute; the second where that is taken, and a number where that is, too. Names sort by time.

    >>> from datetime import UTC
    >>> at = datetime(2026, 12, 1, 3, 0, 9, tzinfo=UTC)
    >>> name_version(at, [])
    '20261201-0300'
    >>> name_version(at, ["20261201-0300"])
    '20261201-030009'
    >>> name_version(at, ["20261201-0300", "20261201-030009"])
    '20261201-030009-2'
    """
    minute, second = f"{at:%Y%m%d-%H%M}", f"{at:%Y%m%d-%H%M%S}"
    names = chain((minute, second), (f"{second}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)

"""Count files that were captured before they could be: before there was a reference, or one with these bins.

The same counting as of files that just came, of which it may meet some: what a file brings to a window is added once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

from sluice.aws.captures import CapturedFile
from sluice.domain.feedback.capture import Poison
from sluice.domain.monitoring.captured_hour import may_hold
from sluice.service.summarise import Intake, Summarised, summarise_file


@dataclass(frozen=True, slots=True)
class CapturedBefore:
    """A captured file, and which time is meant.

    Attributes:
        file: The file.
        since: Not before; aware, UTC.
        until: Before; aware, UTC.

    """

    file: CapturedFile
    since: datetime
    until: datetime

    @classmethod
    def from_dict(cls, form: Mapping[str, str]) -> Self:
        """Read an item of the state machine's. Raises KeyError or ValueError."""
        since, until = (datetime.fromisoformat(form[name]) for name in ("since", "until"))
        return cls(CapturedFile(form["bucket"], form["key"]), since, until)

    @property
    def is_meant(self) -> bool:
        """Whether it may hold something of that time."""
        return may_hold(self.file.key, since=self.since, until=self.until)


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What some files brought.

    Attributes:
        files: Those of the time that is meant.
        rows: How many of their rows are counted, now or before.
        without_reference: Requests of versions that have none, or none that can be read.
        poisoned: Lines that cannot be read.
        unreadable: Files that cannot be read, or are gone.

    """

    files: int = 0
    rows: int = 0
    without_reference: int = 0
    poisoned: int = 0
    unreadable: int = 0

    def __add__(self, other: Backfilled) -> Backfilled:
        mine, theirs = asdict(self), asdict(other)
        return Backfilled(**{name: mine[name] + theirs[name] for name in mine})

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def backfill(files: Iterable[CapturedBefore], intake: Intake, *, now: datetime) -> Backfilled:
    """Count those that are meant. What cannot be read is counted, and not put aside: it was when it came.

    Raises StoreUnavailable, StaleWrite.
    """
    quiet = replace(intake, dead_letters=None)
    return sum((_counted(each.file, quiet, now) for each in files if each.is_meant), start=Backfilled())


def _counted(file: CapturedFile, intake: Intake, now: datetime) -> Backfilled:
    try:
        done: Summarised = summarise_file(file, intake, now=now)
    except Poison:
        return Backfilled(files=1, unreadable=1)
    return Backfilled(1, done.rows, done.without_reference, done.poisoned)

"""Which rows are counted together? Those that one version answered in one slot within one hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.domain.feedback.capture import Answered

LENGTH = timedelta(hours=1)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A window.

    Attributes:
        model: Name of the model.
        version: The version that answered.
        variant: The slot it answered in.
        start: Of the hour; aware, UTC.

    """

    model: str
    version: str
    variant: str
    start: datetime

    @classmethod
    def of(cls, answered: Answered) -> "Window":
        """The window an answer belongs to, whenever its file arrives."""
        return cls(answered.model, answered.by.version, answered.by.variant, hour_of(answered.at))


def hour_of(at: datetime) -> datetime:
    """When the hour of a moment began."""
    return at.replace(minute=0, second=0, microsecond=0)


def hours_until(last: datetime, count: int) -> list[datetime]:
    """So many hours in a row, the one that began at ``last`` at the end."""
    return [last - LENGTH * back for back in reversed(range(count))]

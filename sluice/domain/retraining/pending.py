"""Which drift waits? One that called for a retraining when none could be started."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from sluice.domain.retraining.trigger import Cause, Trigger

_LONGEST_TEXT = 250


@dataclass(frozen=True, slots=True)
class Pending:
    """A drift that was refused, and is taken up once it may be.

    Attributes:
        version: The version that drifts.
        key: Of the event.
        reason: What drifts, in words.
        by: Who called.
        at: When it was told; aware, UTC.

    """

    version: str
    key: str
    reason: str
    by: str
    at: datetime

    @classmethod
    def of(cls, trigger: Trigger) -> Self:
        """That of a drift's trigger."""
        return cls(trigger.version, trigger.key, trigger.reason[:_LONGEST_TEXT], trigger.by, trigger.at)

    def trigger(self, model: str, *, now: datetime) -> Trigger:
        """The call, made again: cool-down and the names of versions count from now."""
        return Trigger(model, Cause.DRIFT, self.key, self.reason, self.by, now, version=self.version)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError or ValueError."""
        return cls(**{**form, "at": datetime.fromisoformat(form["at"])})

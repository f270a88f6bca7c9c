"""How is a model trained anew? By which pipeline, how often at most, and who may call for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a model may be trained anew.

    Attributes:
        cooldown: From one call that started something until the next may.
        most_per_30_days: Of those that were started.

    """

    cooldown: timedelta
    most_per_30_days: int


@dataclass(frozen=True, slots=True)
class Policy:
    """How one model is.

    Attributes:
        pipeline: Name of the pipeline that is started.
        limits: How often.
        on_drift: Whether a drift may call for it.
        names_versions: Whether each version gets a name, as the pipeline of ``training`` wants it; one's own is told
            the reason alone.

    """

    pipeline: str
    limits: Limits
    on_drift: bool = True
    names_versions: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "pipeline": self.pipeline,
            "cooldown_hours": self.limits.cooldown / _HOUR,
            "most_per_30_days": self.limits.most_per_30_days,
            "on_drift": self.on_drift,
            "names_versions": self.names_versions,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or TypeError."""
        limits = Limits(form["cooldown_hours"] * _HOUR, form["most_per_30_days"])
        return cls(form["pipeline"], limits, form["on_drift"], form["names_versions"])

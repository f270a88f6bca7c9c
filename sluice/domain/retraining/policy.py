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
        drift_wait: From when a drift is told until it may start one.

    """

    cooldown: timedelta
    most_per_30_days: int
    drift_wait: timedelta = timedelta(0)


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
            "drift_wait_hours": self.limits.drift_wait / _HOUR,
            "on_drift": self.on_drift,
            "names_versions": self.names_versions,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or TypeError."""
        hours = [form[name] * _HOUR for name in ("cooldown_hours", "drift_wait_hours")]
        limits = Limits(hours[0], form["most_per_30_days"], hours[1])
        return cls(form["pipeline"], limits, form["on_drift"], form["names_versions"])

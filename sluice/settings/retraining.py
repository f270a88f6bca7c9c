"""When is a model trained anew without anyone's hands, how often at most, and how does the function get to know?"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from sluice.domain.retraining.policy import Limits, Policy
from sluice.settings.strict import Strict

_PIPELINE = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}$"
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(\S+( \S+){5}\)")


def _check_expression(text: str) -> str:
    rate = _RATE.fullmatch(text)
    if _CRON.fullmatch(text) or (rate is not None and (rate[1] == "1") != bool(rate[3])):
        return text
    raise ValueError("a schedule is like cron(0 3 ? * MON *), of six fields, or like rate(7 days)")


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(f"a time zone is an IANA name such as Europe/Berlin, got {name}") from unknown
    return name


class Retraining(Strict):
    """What starts the training pipeline of a model; docs/retraining.md."""

    schedule: Annotated[str, AfterValidator(_check_expression)] | None = None
    """`cron(…)` or `rate(…)` of EventBridge Scheduler; none: by drift and by hand alone."""

    timezone: Annotated[str, AfterValidator(_check_zone)] = "UTC"
    """IANA name of the time zone in which a cron schedule is meant."""

    flexible_minutes: int = Field(default=0, ge=0, le=1440)
    """The schedule may start so much later, so that not everything starts on the hour; 0: on time."""

    cooldown_hours: float = Field(default=20, ge=0, le=720, strict=False)
    """After one retraining was called for, so long no other is started, but by a person's `--force`."""

    most_per_30_days: int = Field(default=10, ge=1, le=50)
    """Of retrainings started in 30 days, whatever becomes of them; a person's `--force` may exceed it."""

    pipeline: Annotated[str, StringConstraints(pattern=_PIPELINE)] | None = None
    """Name of a pipeline of your own that has a parameter `Reason`; by default that of `training`."""

    on_drift: bool = True
    """Whether the drift, or the loss of quality, of the champion starts one."""

    drift_wait_hours: float = Field(default=0, ge=0, le=720, strict=False)
    """From when a drift is told until it starts one: as long as labels of what drifts take to come; 0: at once."""

    def to_policy(self, training: str, *, is_trained: bool) -> Policy:
        """How the model is trained anew; ``training``: what the pipeline of ``training`` is called, if it has that."""
        pipeline = self.pipeline or training
        wait = timedelta(hours=self.drift_wait_hours)
        limits = Limits(timedelta(hours=self.cooldown_hours), self.most_per_30_days, wait)
        return Policy(pipeline, limits, self.on_drift, is_trained and pipeline == training)

    def check(self, *, is_trained: bool, is_watched: bool) -> None:
        """Raises ValueError where this could start nothing, of a model that has ``training`` or has not."""
        if self.pipeline is None and not is_trained:
            raise ValueError(
                "retraining: there is nothing to start: give the model `training`, whose pipeline it then is, or say "
                "`pipeline: NAME` here, of a pipeline of your own"
            )
        if self.on_drift and "on_drift" in self.model_fields_set and not is_watched:
            raise ValueError("retraining.on_drift: has no effect on a model that is not watched (monitoring, capture)")

    @model_validator(mode="after")
    def _check_schedule_is_there(self) -> Self:
        told = [name for name in ("timezone", "flexible_minutes") if name in self.model_fields_set]
        if self.schedule is None and told:
            raise ValueError(f"{told[0]}: has no effect without a schedule")
        return self


def as_environment(policies: Mapping[str, Policy]) -> str:
    """How all models that are trained anew are, as one environment variable; what calls knows when."""
    return json.dumps({name: policy.to_dict() for name, policy in policies.items()}, sort_keys=True)


def from_environment(text: str) -> dict[str, Policy]:
    """How each model in such a variable is. Raises ValueError, KeyError or TypeError."""
    return {name: Policy.from_dict(form) for name, form in json.loads(text).items()}

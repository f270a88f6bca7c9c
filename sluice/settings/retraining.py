"""When is a model trained anew without anyone's hands, how often at most, and how does the function get to know?"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from sluice.domain.retraining.decide import Limits
from sluice.settings.strict import Strict

_LIMITS = {"cooldown_hours", "most_per_30_days"}
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

    on_drift: bool = True
    """Whether the drift, or the loss of quality, of the champion starts one."""

    @model_validator(mode="after")
    def _check_schedule_is_there(self) -> Self:
        told = [name for name in ("timezone", "flexible_minutes") if name in self.model_fields_set]
        if self.schedule is None and told:
            raise ValueError(f"{told[0]}: has no effect without a schedule")
        return self


def as_environment(models: Mapping[str, Retraining]) -> str:
    """The limits of all models that are trained anew as one environment variable; what calls knows when."""
    return json.dumps({name: settings.model_dump(include=_LIMITS) for name, settings in models.items()}, sort_keys=True)


def from_environment(text: str) -> dict[str, Limits]:
    """How often each model in such a variable may be. Raises pydantic.ValidationError."""
    return {name: _limits(Retraining.model_validate(form)) for name, form in json.loads(text).items()}


def _limits(settings: Retraining) -> Limits:
    return Limits(timedelta(hours=settings.cooldown_hours), settings.most_per_30_days)

"""Is a model watched for drift, how closely, and how do the functions get to know?"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from sluice.domain.monitoring.rules import Watching
from sluice.settings.strict import Strict

_WEEK_AND_LOOK_DAYS = 10  # a look takes 64 hours


def _check_different(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError(f"names differ, got {', '.join(names)}")
    return names


class Monitoring(Strict):
    """How the captured requests of a model are watched for drift; docs/monitoring.md says what is counted."""

    enabled: bool = True
    """Whether they are at all. What is not captured (`capture.percent` 0) is never watched."""

    every_minutes: int = Field(default=60, ge=5, le=1440)
    """How often it is looked, at the last hours together."""

    false_alarms_per_30_days: float = Field(default=1, gt=0, le=100, strict=False)
    """At most so many looks in 30 days, on average, find drift where there is none, all features together."""

    least_rows: int = Field(default=50, ge=10)
    """Hours with fewer rows are not judged by themselves, only together with those before them."""

    keep_days: int = Field(default=90, ge=4, le=1096)
    """How long the counts of each hour are kept; a look takes the last 64 hours."""

    reference: Literal["training", "hour_of_week"] = "training"
    """What hours are compared with: the rows at training, or the same hours of the last four weeks as soon as the
    version has been asked for more than a week. What a person has accepted takes the place of either."""

    slices: Annotated[list[str], AfterValidator(_check_different)] = Field(default=[], max_length=3)
    """Inputs, three at most, by whose values rows are watched apart, too, such as a carrier: those values that the
    version's reference.json has slices of (`sluice reference build --slice`)."""

    @model_validator(mode="after")
    def _check_weeks_are_kept(self) -> Self:
        if self.reference == "hour_of_week" and self.keep_days < _WEEK_AND_LOOK_DAYS:
            raise ValueError(f"keep_days: at least {_WEEK_AND_LOOK_DAYS} for the same hours of an earlier week")
        return self


def as_environment(models: Mapping[str, Monitoring]) -> str:
    """The settings of all models that are watched as one environment variable."""
    return json.dumps({name: settings.model_dump() for name, settings in models.items()}, sort_keys=True)


def from_environment(text: str) -> dict[str, Watching]:
    """How each model in such a variable is watched. Raises pydantic.ValidationError."""
    return {name: _watching(Monitoring.model_validate(form)) for name, form in json.loads(text).items()}


def _watching(settings: Monitoring) -> Watching:
    return Watching(
        every_minutes=settings.every_minutes,
        false_alarms_per_30_days=settings.false_alarms_per_30_days,
        least_rows=settings.least_rows,
        keep=timedelta(days=settings.keep_days),
        slices=tuple(settings.slices),
        by_week=settings.reference == "hour_of_week",
    )

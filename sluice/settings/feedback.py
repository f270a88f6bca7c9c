"""Which labels and rewards does a model take, and how do the functions get to know?"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from sluice.domain.feedback.item import LARGEST, NAME
from sluice.domain.feedback.rules import RuleBook, Rules
from sluice.settings.strict import Strict


class Feedback(Strict):
    """What may be said about a model's predictions. Only captured ones are known: see `capture.percent`."""

    minimum: float = Field(default=0, ge=-LARGEST, le=LARGEST, strict=False)
    """The least a label or reward may be; less is refused."""

    maximum: float = Field(default=1, ge=-LARGEST, le=LARGEST, strict=False)
    """The most a label or reward may be; more is refused."""

    keep_days: int = Field(default=90, ge=1, le=1096)
    """How long predictions, their feedback and the counts of both are kept; older feedback is refused."""

    unit_window_hours: int = Field(default=24, ge=0, le=8784)
    """Of one unit, one reward counts for each goal within so many hours of predictions; `0`: every reward counts."""

    label: str | None = Field(default="label", pattern=NAME)
    """The name of the feedback that is the true class of a prediction, by its place from 0, or the true number:
    compared with what was answered, of models that are watched. `null`: no feedback is; more than two classes take a
    `maximum` above 1, numbers bounds of their own."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.maximum <= self.minimum:
            raise ValueError(f"maximum: must be more than minimum ({self.minimum:g}), got {self.maximum:g}")
        return self


def as_environment(models: Mapping[str, Feedback]) -> str:
    """The settings of all models as one environment variable."""
    return json.dumps({name: settings.model_dump() for name, settings in models.items()}, sort_keys=True)


def from_environment(text: str) -> RuleBook:
    """The rules in such a variable. Raises pydantic.ValidationError."""
    settings = {name: Feedback.model_validate(form) for name, form in json.loads(text).items()}
    return RuleBook({name: _rules(each) for name, each in settings.items()})


def _rules(settings: Feedback) -> Rules:
    return Rules(
        minimum=settings.minimum,
        maximum=settings.maximum,
        keep=timedelta(days=settings.keep_days),
        unit_window=timedelta(hours=settings.unit_window_hours),
        label=settings.label,
    )

"""Which rows does a training pipeline learn from? What the model was asked, within so many days, and history."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from sluice.settings.strict import Strict

_PERCENTS = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{1,2})", re.ASCII)
_FILE = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*\.parquet", re.ASCII)
_ALL = 100
_OF_HISTORY = ("history_time", "history_label")
_Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _check_split(text: str) -> str:
    percents = _PERCENTS.fullmatch(text)
    parts = list(map(int, percents.groups())) if percents else []
    if sum(parts) != _ALL or not all(parts):
        raise ValueError("a split is three percents of train, validation and test that sum to 100, such as 80/10/10")
    return text


def _check_file(name: str) -> str:
    if not _FILE.fullmatch(name):
        raise ValueError("history is a .parquet file below training/<model>/ of the data bucket, such as 2013.parquet")
    return name


class TrainingData(Strict):
    """What the first step of the pipeline assembles, as `sluice data assemble` does; docs/training-data.md."""

    since_days: float = Field(default=30, gt=0, le=1096, strict=False)
    """Learnt from is what was asked within so many days before the execution; parts of a day are allowed."""

    until_days: float = Field(default=0, ge=0, le=1096, strict=False)
    """Not learnt from is what was asked within so many days: as long as labels take to come."""

    split: Annotated[str, AfterValidator(_check_split)] = "80/10/10"
    """Percents of the rows, in the order of time, for train, validation and test."""

    max_per_unit: int = Field(default=0, ge=0, le=1_000_000_000)
    """At most so many captured rows of a unit; 0: all."""

    outliers: float = Field(default=10, ge=0, le=1_000_000, strict=False)
    """Not learnt from are numbers so many widths of 98% of their feature beyond these; 0: all are."""

    history: Annotated[str, StringConstraints(max_length=200), AfterValidator(_check_file)] | None = None
    """A .parquet file of earlier rows below `training/<model>/` of the data bucket, put before the captured ones."""

    history_time: _Column = "time"
    """Its column of times: ISO 8601 or seconds since 1970; UTC."""

    history_label: _Column | None = None
    """Its column of labels. Left out: it is called as `label`."""

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.until_days >= self.since_days:
            raise ValueError(f"until_days: must be less than since_days ({self.since_days:g}), got {self.until_days:g}")
        told = [name for name in _OF_HISTORY if name in self.model_fields_set]
        if self.history is None and told:
            raise ValueError(f"{told[0]}: has no effect without history")
        return self

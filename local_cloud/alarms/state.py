"""The words of alarms: in which state one is, since when and why, and what it compares."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from local_cloud.context import ACCOUNT, REGION

ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"


class AlarmRefused(ValueError):
    """A request about alarms that AWS refuses, or that the local cloud cannot do; the text says which and why."""


class AlarmState(StrEnum):
    """An alarm's state."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class MissingData(StrEnum):
    """How an alarm treats periods without a data point (TreatMissingData)."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


class Comparison(StrEnum):
    """What makes a data point breaching."""

    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    GREATER = "GreaterThanThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"

    def is_breached(self, value: float, threshold: float) -> bool:
        """Whether a value is on the wrong side of the threshold."""
        return _COMPARE[self](value, threshold)

    @property
    def words(self) -> str:
        """As AWS's reasons put it."""
        return _WORDS[self]


_COMPARE: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.GREATER: operator.gt,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}
_WORDS = {
    Comparison.GREATER_OR_EQUAL: "greater than or equal to",
    Comparison.GREATER: "greater than",
    Comparison.LESS: "less than",
    Comparison.LESS_OR_EQUAL: "less than or equal to",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of an alarm.

    Attributes:
        reason: In words, with the numbers.
        reason_data: The same as JSON; None at the beginning, and when whoever set the state gave none.
        at: When it was found, aware, UTC.

    """

    state: AlarmState
    reason: str
    reason_data: str | None
    at: datetime


def arn_of(name: str) -> str:
    """An alarm's ARN."""
    return ARN + name


def name_of(name_or_arn: str) -> str:
    """An alarm's name, given that or its ARN."""
    return name_or_arn.removeprefix(ARN)


def stamp(at: datetime) -> str:
    """A time as alarms write it, in UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"

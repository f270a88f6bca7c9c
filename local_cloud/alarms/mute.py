"""Are an alarm's actions muted now, by which rule, and from when to when?

Source: "Alarm Mute Rules" in the CloudWatch user guide; PutAlarmMuteRule (BC:cloudwatch).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from local_cloud.alarms.state import AlarmRefused
from local_cloud.context import ACCOUNT, REGION
from local_cloud.events.expression import Expression, InvalidExpression, parse
from local_cloud.metrics.store import utc

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=15)
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_FIELDS = 5


class MuteStatus(StrEnum):
    """Whether a rule mutes now, will, or never will again."""

    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Mute:
    """A window in which actions are muted."""

    rule_arn: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class MuteRule:
    """A schedule of such windows for some alarms; ``request`` is what was put, without tags."""

    request: Mapping[str, Any]
    expression: Expression
    duration: timedelta
    begins: datetime | None
    expires: datetime | None
    updated: datetime

    @classmethod
    def from_request(cls, request: Mapping[str, Any], *, now: datetime) -> "MuteRule":
        """Raises AlarmRefused."""
        schedule = request["Rule"]["Schedule"]
        try:
            expression = parse(_as_aws_writes(schedule["Expression"]), timezone=schedule.get("Timezone") or "UTC")
        except InvalidExpression as wrong:
            raise AlarmRefused(f"The schedule {schedule['Expression']} of the mute rule is invalid: {wrong}") from wrong
        bounds = [utc(request[name]) if request.get(name) else None for name in ("StartDate", "ExpireDate")]
        kept = {key: value for key, value in request.items() if key != "Tags"}
        return cls(kept, expression, _duration(schedule["Duration"]), bounds[0], bounds[1], now)

    @property
    def name(self) -> str:
        """The rule's."""
        return str(self.request["Name"])

    @property
    def arn(self) -> str:
        """The rule's."""
        return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm-mute-rule:{self.name}"

    @property
    def targets(self) -> frozenset[str]:
        """The alarms it mutes, by name."""
        return frozenset((self.request.get("MuteTargets") or {}).get("AlarmNames") or ())

    def window(self, now: datetime) -> Mute | None:
        """The window that is open now."""
        earliest = now - self.duration
        if self.begins is not None:
            earliest = max(earliest, self.begins - timedelta(microseconds=1))
        start = self.expression.next_after(earliest, earliest)
        if start is None or start > now or (self.expires and now >= self.expires):
            return None
        end = start + self.duration
        return Mute(self.arn, start, min(end, self.expires) if self.expires else end)

    def status(self, now: datetime) -> MuteStatus:
        """Where it stands."""
        if self.window(now) is not None:
            return MuteStatus.ACTIVE
        upcoming = self.expression.next_after(max(now, self.begins or now), now)
        is_over = upcoming is None or (self.expires is not None and upcoming >= self.expires)
        return MuteStatus.EXPIRED if is_over else MuteStatus.SCHEDULED


def mute_of(alarm: str, rules: Iterable[MuteRule], now: datetime) -> Mute | None:
    """The window that mutes an alarm now; of several the one that ends last."""
    windows = [window for rule in rules if alarm in rule.targets and (window := rule.window(now)) is not None]
    return max(windows, key=lambda window: window.end, default=None)


def _as_aws_writes(expression: str) -> str:
    """An expression of a mute rule as schedules write it: six fields, one of the days ``?``, Sunday by name."""
    if match := re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)", expression):
        return f"at({match[1]}:00)"
    match = re.fullmatch(r"cron\((.+)\)", expression)
    fields = match[1].split() if match else []
    if len(fields) != _FIELDS:
        raise InvalidExpression("neither cron with five fields nor at(yyyy-MM-ddThh:mm)")
    minutes, hours, day, month, weekday = fields
    if weekday in ("*", "?"):
        return f"cron({minutes} {hours} {'*' if day == '?' else day} {month} ? *)"
    if day not in ("*", "?"):
        raise InvalidExpression("the local cloud takes a day of the month or of the week, not both")
    weekday = re.sub(r"(?<![#\w])[0-7](?!\w)", lambda number: _WEEKDAYS[int(number[0])], weekday)
    return f"cron({minutes} {hours} ? {month} {weekday} *)"


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    if not _SHORTEST <= duration <= _LONGEST:
        raise AlarmRefused(f"The duration {text} of the mute rule is not between PT1M and P15D.")
    return duration

"""When does a schedule expression fire next: ``rate(…)``, ``cron(…)`` or ``at(…)``?

Sources: "Scheduled rules" in the EventBridge user guide, "Schedule types" in the EventBridge Scheduler user guide.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_cloud.events.cron import InvalidExpression, parse_cron

__all__ = ["Expression", "InvalidExpression", "parse"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed schedule.

    Attributes:
        next_after: (moment, anchor) to the first firing later than `moment`, or None. All times are aware, in UTC;
            `anchor` is when the schedule began: rates count from there.

    """

    next_after: Callable[[datetime, datetime], datetime | None]


def parse(text: str, *, timezone: str = "UTC") -> Expression:
    """Read a schedule expression; `timezone` is an IANA name in which cron and at are meant.

    Raises:
        InvalidExpression: It is none, or the time zone is unknown.

    """
    match = re.fullmatch(r"(rate|cron|at)\((.+)\)", text.strip())
    if match is None:
        raise InvalidExpression(f"neither rate(…), cron(…) nor at(…): {text!r}")
    kind, inner = match.groups()
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise InvalidExpression(f"unknown time zone {timezone!r}") from unknown
    readers = {"rate": lambda: _rate(inner), "cron": lambda: _cron(inner, zone), "at": lambda: _at(inner, zone)}
    return readers[kind]()


def _rate(inner: str) -> Expression:
    match = re.fullmatch(r"([1-9]\d*) (minute|hour|day)(s?)", inner)
    if match is None or (match[1] == "1") == bool(match[3]):
        raise InvalidExpression(f"not like '1 minute' or '5 minutes': {inner!r}")
    interval = timedelta(**{f"{match[2]}s": int(match[1])})
    return Expression(lambda moment, anchor: anchor + (max((moment - anchor) // interval, 0) + 1) * interval)


def _cron(inner: str, zone: ZoneInfo) -> Expression:
    cron = parse_cron(inner)

    def next_after(moment: datetime, _: datetime) -> datetime | None:
        local: datetime | None = moment.astimezone(zone).replace(tzinfo=None)
        while local is not None and (local := cron.next_after(local)) is not None:
            firing = local.replace(tzinfo=zone).astimezone(UTC)
            if firing > moment:  # not in the hour that a clock set back repeats
                return firing
        return None

    return Expression(next_after)


def _at(inner: str, zone: ZoneInfo) -> Expression:
    try:
        moment_meant = datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except ValueError as wrong:
        raise InvalidExpression(f"not like 2026-11-21T20:15:00: {inner!r}") from wrong
    return Expression(lambda moment, _: moment_meant if moment_meant > moment else None)

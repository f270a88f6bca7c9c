"""When does an AWS cron expression fire next? Six fields, with ``?``, ``L``, ``W`` and ``#``.

Source: "Setting a schedule pattern for scheduled rules" in the EventBridge user guide.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta


class InvalidExpression(ValueError):
    """Not a schedule expression; the text says which part and why."""


_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
_SATURDAY = 7
_FRIDAY_INDEX = 4

IsDay = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression.

    Attributes:
        is_day: Whether it fires on a date whose month and year fit.

    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    is_day: IsDay

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time later than `moment`, in its own time zone; None when there is none."""
        times = [timedelta(hours=hour, minutes=minute) for hour in self.hours for minute in self.minutes]
        for day in self._days(moment.date()):
            midnight = datetime(day.year, day.month, day.day, tzinfo=moment.tzinfo)
            for time_of_day in times:
                if (candidate := midnight + time_of_day) > moment:
                    return candidate
        return None

    def _days(self, first: date) -> Iterator[date]:
        for year in self.years:
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                days = (date(year, month, number + 1) for number in range(calendar.monthrange(year, month)[1]))
                yield from (day for day in days if day >= first and self.is_day(day))


def parse_cron(fields_text: str) -> Cron:
    """From the text between the brackets of ``cron(…)``.

    Raises:
        InvalidExpression: A field is missing, unknown or out of range.

    """
    fields = fields_text.upper().split()
    if len(fields) != 6:  # noqa: PLR2004  minutes, hours, day of month, month, day of week, year
        raise InvalidExpression(f"cron needs six fields, got {len(fields)}: {fields_text!r}")
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if [day_of_month, day_of_week].count("?") != 1:
        raise InvalidExpression(f"exactly one of day-of-month and day-of-week must be ?: {fields_text!r}")
    return Cron(
        minutes=_numbers(minutes, 0, 59),
        hours=_numbers(hours, 0, 23),
        months=_numbers(month, 1, 12, _MONTHS),
        years=_numbers(year, 1970, 2199),
        is_day=_day_of_month(day_of_month) if day_of_week == "?" else _day_of_week(day_of_week),
    )


def _numbers(field: str, low: int, high: int, names: Mapping[str, int] | None = None) -> tuple[int, ...]:
    """All values of a field of lists, ranges and steps."""
    found: set[int] = set()
    for part in field.split(","):
        found.update(_part(part, low, high, names or {}))
    return tuple(sorted(found))


def _part(part: str, low: int, high: int, names: Mapping[str, int]) -> range:
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    is_open = span == "*" or (step and not last)
    start = low if span == "*" else _number(first, low, high, names)
    end = high if is_open else _number(last or first, low, high, names)
    width = _number(step, 1, high, {}) if "/" in part else 1
    if end < start:
        raise InvalidExpression(f"{part!r} ends before it starts")
    return range(start, end + 1, width)


def _number(text: str, low: int, high: int, names: Mapping[str, int]) -> int:
    number = names[text] if text in names else int(text) if text.isdigit() else None
    if number is None or not low <= number <= high:
        raise InvalidExpression(f"{text!r} is not within {low}-{high}")
    return number


def _day_of_month(field: str) -> IsDay:
    if field == "L":
        return lambda day: day.day == _last(day)
    if (nearest := re.fullmatch(r"(\d+)W", field)) is not None:
        wanted = _number(nearest[1], 1, 31, {})
        return lambda day: day.day == _nearest_weekday(day, wanted)
    days = _numbers(field, 1, 31)
    return lambda day: day.day in days


def _day_of_week(field: str) -> IsDay:
    if (last := re.fullmatch(r"(\w+?)L", field)) is not None:
        weekday = _number(last[1], 1, 7, _WEEKDAYS)
        return lambda day: _weekday(day) == weekday and day.day > _last(day) - 7
    if (nth := re.fullmatch(r"(\w+)#([1-5])", field)) is not None:
        weekday = _number(nth[1], 1, 7, _WEEKDAYS)
        return lambda day: _weekday(day) == weekday and (day.day - 1) // 7 + 1 == int(nth[2])
    weekdays = (_SATURDAY,) if field == "L" else _numbers(field, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in weekdays


def _weekday(day: date) -> int:
    """1 is Sunday."""
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> int:
    """The day of this month that is Monday to Friday and closest to `wanted`; 0 when the month is too short."""
    last = _last(day)
    if wanted > last:
        return 0
    weekday = day.replace(day=wanted).weekday()
    if weekday <= _FRIDAY_INDEX:
        return wanted
    is_saturday = weekday == _FRIDAY_INDEX + 1
    moved = wanted - 1 if is_saturday else wanted + 1
    if moved < 1:
        return 3  # Saturday the first: Monday the third
    return last - 2 if moved > last else moved

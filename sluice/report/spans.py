"""What is each window called?"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate

from sluice.report.story import Look

_DAY = timedelta(days=1)


def spans(looks: Sequence[Look]) -> list[str]:
    """A name for each window: when it begins, UTC, or which rows it holds."""
    ends = accumulate(look.summary.rows for look in looks)
    return [_span(look, end) for look, end in zip(looks, ends, strict=True)]


def length(looks: Sequence[Look]) -> str:
    """How long each window is, in words.

    >>> amount(timedelta(hours=36)), amount(timedelta(days=7)), amount(timedelta(seconds=90))
    ('36 hours', '7 days', '90 seconds')
    """
    first = looks[0]
    if first.start is not None and first.end is not None:
        return amount(first.end - first.start)
    return f"{first.summary.rows:,} rows"


def amount(time: timedelta) -> str:
    """A length of time in its largest unit that needs no fraction."""
    units = [("day", _DAY), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))]
    name, unit = next(((name, unit) for name, unit in units if not time % unit), ("second", timedelta(seconds=1)))
    many = time // unit
    return f"{many:,} {name}{'' if many == 1 else 's'}"


def _span(look: Look, end: int) -> str:
    if look.start is None or look.end is None:
        return f"rows {end - look.summary.rows + 1:,} to {end:,}" if look.summary.rows else f"after row {end:,}"
    is_whole_days = not (look.end - look.start) % _DAY
    return f"{look.start:%Y-%m-%d}" if is_whole_days else f"{look.start:%Y-%m-%d %H:%M}"

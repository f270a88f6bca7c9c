"""Which moment is meant? An ISO date or time, or so long ago."""

import re
from datetime import UTC, datetime, timedelta

from sluice.cli.target import UsageProblem

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, *, now: datetime) -> datetime:
    """Read ``2h`` (two hours before ``now``) or ``2026-11-22T10:30``, UTC unless it says otherwise.

    Raises UsageProblem.

    >>> parse_moment("90m", now=datetime(2026, 11, 22, 12, tzinfo=UTC)).isoformat()
    '2026-11-22T10:30:00+00:00'
    """
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as wrong:
        raise UsageProblem(f"a time is 30m, 2h, 7d, or 2026-11-22T10:30, got {text!r:.60}") from wrong
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)

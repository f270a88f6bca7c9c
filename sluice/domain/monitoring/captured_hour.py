"""Of which time may a captured file hold something? Its folder names the hour in which it was written."""

from datetime import UTC, datetime, timedelta

from sluice.domain.monitoring.window import hour_of

_HOUR = "%Y/%m/%d/%H"
_LATE = timedelta(hours=1)  # a file may be written in the hour after


def may_hold(key: str, *, since: datetime, until: datetime) -> bool:
    """Whether a file of data capture may hold something from ``since`` to ``until``; no other file does.

    >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    >>> may_hold("captures/sluice-flights/champion/2026/11/21/12/1.jsonl", since=noon, until=noon + LENGTH)
    True
    """
    try:
        *_, year, month, day, hour, _ = key.split("/")
        at = datetime.strptime(f"{year}/{month}/{day}/{hour}", _HOUR).replace(tzinfo=UTC)
    except ValueError:
        return False
    return hour_of(since) <= at < until + _LATE

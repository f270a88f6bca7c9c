"""Traffic of a model, hour by hour: a day's cycle, quiet weekends, and a little noise that is always the same."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

from sluice.domain.monitoring.window import LENGTH

NOW = datetime(2026, 11, 25, 14, 6, tzinfo=UTC)  # a Wednesday; the last complete hour began at 13:00
LAST = datetime(2026, 11, 25, 13, tzinfo=UTC)
DAY = timedelta(days=1)


def usual_traffic(
    days: float, *, until: datetime = LAST, peak: float = 1000, weekend: float = 1
) -> dict[datetime, float]:
    """Predictions of so many days and the hour before them, the hour ``until`` the last."""
    generator = Random(1)  # noqa: S311  noise, no secret
    hours = [until - LENGTH * back for back in range(int(days * 24) + 1, -1, -1)]
    return {at: float(round(_expected(at, peak, weekend) * generator.uniform(0.9, 1.1))) for at in hours}


def changed(counts: dict[datetime, float], factor: float, hours: Iterable[datetime] = (LAST,)) -> dict[datetime, float]:
    """The same with other counts in some hours; without any an hour is missing, as CloudWatch has it."""
    after = {at: round(count * factor) if at in set(hours) else count for at, count in counts.items()}
    return {at: count for at, count in after.items() if count}


def _expected(at: datetime, peak: float, weekend: float) -> float:
    return peak * (1 - abs(at.hour - 15) / 20) * (weekend if at.weekday() >= 5 else 1)

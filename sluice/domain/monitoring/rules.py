"""How is each model watched, as far as the functions need to know?"""

from dataclasses import dataclass
from datetime import timedelta

_MINUTES_OF_30_DAYS = 30 * 24 * 60


@dataclass(frozen=True, slots=True)
class Watching:
    """How one model is watched.

    Attributes:
        every_minutes: Between two looks.
        false_alarms_per_30_days: At most so many looks, on average, find drift where there is none.
        least_rows: Fewer rows are not judged.
        keep: How long windows are kept.
        slices: Inputs by whose values rows are watched apart, too.
        by_week: Whether hours are compared with the same hours of earlier weeks, once there are some.

    """

    every_minutes: int
    false_alarms_per_30_days: float
    least_rows: int
    keep: timedelta
    slices: tuple[str, ...] = ()
    by_week: bool = False

    @property
    def looks_per_30_days(self) -> float:
        """How often it is looked."""
        return _MINUTES_OF_30_DAYS / self.every_minutes

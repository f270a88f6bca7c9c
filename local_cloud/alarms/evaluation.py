"""In which state do these data points put a metric alarm?

Source: "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide, with its tables and the
rule about premature transitions. It gives no state for data that breach but are too few and too young to tell, as
``- - - - X``; here that is OK where missing data are missing, because only an evaluation range without any data is
called insufficient, and no change where they are ignored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from local_cloud.alarms.state import AlarmState, Comparison, MissingData

#: So many more data points than EvaluationPeriods are looked at; the guide's example has 5 for 3.
EXTRA_PERIODS = 2


@dataclass(frozen=True, slots=True)
class Criterion:
    """When an alarm is in ALARM: ``datapoints_to_alarm`` of the last ``evaluation_periods`` points breach."""

    comparison: Comparison
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    missing: MissingData

    @property
    def range(self) -> int:
        """How many of the latest periods are looked at."""
        return self.evaluation_periods + EXTRA_PERIODS

    def is_breached(self, value: float) -> bool:
        """Whether a data point counts towards ALARM."""
        return self.comparison.is_breached(value, self.threshold)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came out.

    Attributes:
        state: None keeps whatever state there is.
        evaluated: Positions of the data points that decided, oldest first.
        filled: How many missing points were filled in.

    """

    state: AlarmState | None
    evaluated: tuple[int, ...]
    filled: int


def judge(points: Sequence[float | None], criterion: Criterion) -> Judgement:
    """The state for the data points of the evaluation range, oldest first; None is a missing one."""
    real = [(position, value) for position, value in enumerate(points) if value is not None]
    used = real[-criterion.evaluation_periods :]
    filled = criterion.evaluation_periods - len(used)
    breaching = sum(criterion.is_breached(value) for _, value in used)
    if filled == 0 or breaching >= criterion.datapoints_to_alarm:
        state: AlarmState | None = _settled(breaching >= criterion.datapoints_to_alarm)
    elif criterion.missing in (MissingData.BREACHING, MissingData.NOT_BREACHING):
        bad = filled if criterion.missing is MissingData.BREACHING else 0
        state = _settled(breaching + bad >= criterion.datapoints_to_alarm)
    elif not used:
        state = AlarmState.INSUFFICIENT_DATA if criterion.missing is MissingData.MISSING else None
    elif breaching < len(used):
        state = AlarmState.OK
    else:
        state = _premature(len(points) - used[0][0], criterion)
    return Judgement(state, tuple(position for position, _ in used), filled)


def _premature(age: int, criterion: Criterion) -> AlarmState | None:
    """All that is known breaches, but fewer points than would decide; ``age`` counts periods back to the oldest."""
    if criterion.missing is MissingData.IGNORE:
        return None
    return _settled(age >= criterion.datapoints_to_alarm)


def _settled(is_breaching: bool) -> AlarmState:  # noqa: FBT001  said by its name
    return AlarmState.ALARM if is_breaching else AlarmState.OK

"""What do the metrics say about an alarm, as of the end of a period?"""

from dataclasses import dataclass
from datetime import datetime

from local_cloud.alarms.configuration import MetricAlarm
from local_cloud.alarms.evaluation import judge
from local_cloud.alarms.reason import data_of, reason_of
from local_cloud.alarms.state import AlarmRefused, AlarmState, Standing
from local_cloud.metrics.query import InvalidQuery, MetricQuery, answer
from local_cloud.metrics.statistic import parse_statistic
from local_cloud.metrics.store import MetricStore, Series, Span

_COUNT = parse_statistic("SampleCount")


@dataclass(frozen=True, slots=True)
class Reading:
    """The data points of an alarm.

    Attributes:
        points: One for each period of the evaluation range, oldest first; None where there is none.
        times: When each period began, in seconds since 1970.
        samples: How many samples the evaluation periods had in all; only counted when the alarm asks for some.

    """

    points: tuple[float | None, ...]
    times: tuple[int, ...]
    samples: float

    @property
    def real(self) -> int:
        """How many points there are."""
        return sum(value is not None for value in self.points)


def read(alarm: MetricAlarm, store: MetricStore, *, until: int) -> Reading:
    """The data points before ``until`` (seconds since 1970). Raises InvalidQuery."""
    start = until - alarm.criterion.range * alarm.period

    def series(metric: MetricQuery) -> Series:
        return store.series(metric.metric, metric.statistic, Span(start, until, metric.period), metric.unit)

    times = Span(start, until, alarm.period).steps
    found = _only(alarm, answer(alarm.queries, series, lambda period: Span(start, until, period).steps))
    return Reading(tuple(found.get(time) for time in times), tuple(times), _samples(alarm, store, until))


def check(alarm: MetricAlarm) -> None:
    """Try it on invented data: raises AlarmRefused for an expression that does not give one time series."""
    try:
        _only(alarm, answer(alarm.queries, lambda _: {0: 1.0}, lambda _: [0]))
    except InvalidQuery as wrong:
        raise AlarmRefused(str(wrong)) from wrong


def standing(alarm: MetricAlarm, reading: Reading, before: AlarmState, *, now: datetime) -> Standing | None:
    """Where the data put the alarm; None leaves it where it is."""
    judgement = judge(reading.points, alarm.criterion)
    if judgement.state is None or reading.samples < alarm.fewest_samples:
        return None
    points = [(reading.times[at], value) for at in judgement.evaluated if (value := reading.points[at]) is not None]
    known = {}
    if alarm.metric is not None:
        known = {"statistic": alarm.metric.statistic_name, "unit": alarm.metric.unit}
    data = data_of(points, alarm.criterion, period=alarm.period, now=now, **known)
    return Standing(judgement.state, reason_of(judgement, points, alarm.criterion, before), data, now)


def _only(alarm: MetricAlarm, found: dict[str, list[Series]]) -> Series:
    series = [one for several in found.values() for one in several]
    if len(series) != 1:
        raise InvalidQuery(f"The expression of {alarm.name} gives {len(series)} time series: an alarm watches one.")
    return series[0]


def _samples(alarm: MetricAlarm, store: MetricStore, until: int) -> float:
    if not alarm.fewest_samples or alarm.metric is None:
        return 0.0
    span = Span(until - alarm.criterion.evaluation_periods * alarm.period, until, alarm.period)
    return sum(store.series(alarm.metric.metric, _COUNT, span, alarm.metric.unit).values())

"""Where do metric data lie, and how are they read: per metric, unit and minute (second for high resolution)?"""

import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_cloud.metrics.samples import Samples
from local_cloud.metrics.statistic import Statistic

MINUTE = 60
Series = dict[int, float]  # seconds since 1970 to the value from there on
_MOST_VALUES = 500_000  # kept in memory, about 100 bytes each; the older half goes when there are more


@dataclass(frozen=True, slots=True)
class Metric:
    """What CloudWatch keeps apart: a name in a namespace with exactly these dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def from_request(cls, namespace: str, request: Mapping[str, Any]) -> "Metric":
        """Of a parameter with MetricName and Dimensions."""
        dimensions = frozenset((one["Name"], one["Value"]) for one in request.get("Dimensions") or ())
        return cls(namespace, request["MetricName"], dimensions)

    def describe(self) -> dict[str, Any]:
        """As the API tells it."""
        dimensions = [{"Name": name, "Value": value} for name, value in sorted(self.dimensions)]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


@dataclass(frozen=True, slots=True)
class Span:
    """From when (inclusive) to when (exclusive) is asked, in steps of how many seconds?"""

    start: int
    end: int
    period: int

    @classmethod
    def between(cls, start: datetime, end: datetime, period: int) -> "Span":
        """Periods begin at the start, rounded down to a whole minute, or to a whole period that is shorter.

        Source: StartTime of GetMetricData in the API reference.
        """
        first = int(utc(start).timestamp())
        return cls(first - first % min(period, MINUTE), int(utc(end).timestamp()), period)

    @property
    def steps(self) -> range:
        """Where each period begins."""
        return range(self.start, self.end, self.period)

    def step(self, second: int) -> int:
        """The beginning of the period a moment lies in."""
        return second - (second - self.start) % self.period


@dataclass(slots=True)
class _Kept:
    """The data of one metric in one unit, by time; ``times`` are the keys in order."""

    samples: dict[int, Samples] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)


class MetricStore:
    """Thread-safe; forgets the oldest when there is too much."""

    def __init__(self, most_values: int = _MOST_VALUES) -> None:
        self._most, self._held = most_values, 0
        self._lock = threading.Lock()
        self._kept: dict[Metric, dict[str, _Kept]] = {}

    def put(self, metric: Metric, samples: Samples, *, at: datetime, unit: str = "None", resolution: int = 60) -> None:
        """Add what was reported at a time; ``resolution`` is 1 or 60 seconds."""
        second = int(utc(at).timestamp())
        second -= second % resolution
        with self._lock:
            kept = self._kept.setdefault(metric, {}).setdefault(unit, _Kept())
            if second not in kept.samples:
                kept.samples[second] = Samples()
                insort(kept.times, second)
            before = len(kept.samples[second].counts)
            kept.samples[second].add(samples)
            self._held += len(kept.samples[second].counts) - before + 1
            if self._held > self._most:
                self._forget_older_half()

    def metrics(self) -> list[Metric]:
        """Every metric there is."""
        with self._lock:
            return list(self._kept)

    def units(self, metric: Metric) -> list[str]:
        """In which units a metric was reported."""
        with self._lock:
            return list(self._kept.get(metric, ()))

    def series(self, metric: Metric, statistic: Statistic, span: Span, unit: str | None = None) -> Series:
        """The statistic of each period that has data, oldest first; of all units when none is given."""
        found = {step: statistic(samples) for step, samples in sorted(self._collected(metric, span, unit).items())}
        return {step: value for step, value in found.items() if value is not None}

    def _collected(self, metric: Metric, span: Span, unit: str | None) -> dict[int, Samples]:
        collected: defaultdict[int, Samples] = defaultdict(Samples)
        with self._lock:
            for second, samples in self._between(metric, span, unit):
                collected[span.step(second)].add(samples)
        return collected

    def _between(self, metric: Metric, span: Span, unit: str | None) -> Iterator[tuple[int, Samples]]:
        for name, kept in self._kept.get(metric, {}).items():
            if unit is None or unit == name:
                for second in kept.times[bisect_left(kept.times, span.start) : bisect_left(kept.times, span.end)]:
                    yield second, kept.samples[second]

    def _forget_older_half(self) -> None:
        all_kept = [kept for units in self._kept.values() for kept in units.values()]
        times = sorted(second for kept in all_kept for second in kept.times)
        oldest = times[len(times) // 2]
        for kept in all_kept:
            first = bisect_left(kept.times, oldest)
            for second in kept.times[:first]:
                del kept.samples[second]
            del kept.times[:first]
        self._held = sum(len(samples.counts) + 1 for kept in all_kept for samples in kept.samples.values())


def utc(moment: datetime) -> datetime:
    """Aware, in UTC; moto reads the times of requests into naive ones."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

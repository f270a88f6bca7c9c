"""How does an endpoint do? The invocation metrics SageMaker publishes when a minute is over, dated at that minute.

Source: aws-facts A11 (D:sagemaker/latest/dg/monitoring-cloudwatch; DG23:deployment-guardrails-configuration.md for the
EndpointConfigName dimension). Errors are 0 or 1 per request, so Average is their rate and Sum their count; of
Invocations only Sum means something. Latencies are MICROSECONDS. No traffic: no data.
"""

import logging
import threading
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.context import Clock

NAMESPACE = "AWS/SageMaker"
_MOST_SAMPLES = 900  # a busier minute is represented by that many latencies, whose counts add up to its invocations
_MOST_VALUES = 150  # per metric in one PutMetricData (aws-facts E)
_MOST_DATA = 500  # per PutMetricData; AWS allows 1000 metrics and 1 MB
_CLIENT_ERRORS = range(400, 500)
_SERVER_ERRORS = range(500, 600)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Series:
    """What is counted apart: a variant of one config of an endpoint."""

    endpoint: str
    variant: str
    config: str

    @property
    def dimensions(self) -> tuple[list[dict[str, str]], ...]:
        """Both sets of dimensions SageMaker publishes under."""
        usual = [_dimension("EndpointName", self.endpoint), _dimension("VariantName", self.variant)]
        return usual, [*usual, _dimension("EndpointConfigName", self.config)]


@dataclass(slots=True)
class Window:
    """One series in one minute."""

    invocations: int = 0
    client_errors: int = 0
    server_errors: int = 0
    model_errors: int = 0
    model_latencies: "array[float]" = field(default_factory=lambda: array("d"))
    overhead_latencies: "array[float]" = field(default_factory=lambda: array("d"))


class Metrics:
    """Counts on the hot path, publishes when told to; best effort."""

    def __init__(self, cloudwatch: Any, clock: Clock) -> None:
        self._cloudwatch = cloudwatch
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[tuple[datetime, Series], Window] = {}

    def count(self, series: Series, model_status: int | None, *, model_us: float, overhead_us: float) -> None:
        """One invocation; ``model_status`` is what the container answered, None when it gave no HTTP answer.

        InvocationModelErrors counts everything but 2xx, no answer included; 4XX and 5XX only what the model answered.
        """
        minute = _minute(self._clock.now())
        with self._lock:
            window = self._windows.setdefault((minute, series), Window())
            window.invocations += 1
            window.model_latencies.append(model_us)
            window.overhead_latencies.append(overhead_us)
            if model_status is None or not 200 <= model_status < 300:  # noqa: PLR2004  HTTP
                window.model_errors += 1
                window.client_errors += model_status in _CLIENT_ERRORS
                window.server_errors += model_status in _SERVER_ERRORS

    def flush(self, *, even_now: bool = False) -> None:
        """Publish the minutes that are over; ``even_now`` the one under way, too, to whose rest later flushes add."""
        running = _minute(self._clock.now())
        with self._lock:
            due = {key: window for key, window in self._windows.items() if even_now or key[0] < running}
            self._windows = {key: window for key, window in self._windows.items() if key not in due}
        data = [
            {**datum, "Timestamp": minute}
            for (minute, series), window in due.items()
            for datum in _data(series, window)
        ]
        try:
            for start in range(0, len(data), _MOST_DATA):
                self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _MOST_DATA])
        except (ClientError, BotoCoreError) as error:
            _log.warning("metrics.lost count=%d error=%s", len(data), error)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _data(series: Series, window: Window) -> Iterator[dict[str, Any]]:
    for dimensions in series.dimensions:
        for datum in _counts(window):
            yield {**datum, "Dimensions": dimensions, "Unit": "None"}
        for name, latencies in _latencies(window):
            for start in range(0, len(latencies), _MOST_VALUES):
                pairs = latencies[start : start + _MOST_VALUES]
                yield {
                    "MetricName": name,
                    "Values": [value for value, _ in pairs],
                    "Counts": [float(count) for _, count in pairs],
                    "Dimensions": dimensions,
                    "Unit": "Microseconds",
                }


def _counts(window: Window) -> Iterator[dict[str, Any]]:
    """Every request as its 0 or 1, so that CloudWatch can compute any statistic of them."""
    total = window.invocations
    for name, count in (
        ("Invocations", total),
        ("Invocation4XXErrors", window.client_errors),
        ("Invocation5XXErrors", window.server_errors),
        ("InvocationModelErrors", window.model_errors),
    ):
        pairs = [(value, times) for value, times in ((0.0, total - count), (1.0, count)) if times]
        yield {
            "MetricName": name,
            "Values": [value for value, _ in pairs],
            "Counts": [float(times) for _, times in pairs],
        }


def _latencies(window: Window) -> Iterator[tuple[str, list[tuple[float, int]]]]:
    yield "ModelLatency", represent(window.model_latencies)
    yield "OverheadLatency", represent(window.overhead_latencies)


def represent(values: Sequence[float], most: int = _MOST_SAMPLES) -> list[tuple[float, int]]:
    """At most ``most`` of the values, evenly spread over their order, each with how many it stands for.

    The counts add up to the number of values; mean and percentiles stay about what they are.
    """
    ordered, count = sorted(values), len(values)
    groups = max(1, min(count, most))
    ends = [group * count // groups for group in range(groups + 1)]
    return [(ordered[(start + end) // 2], end - start) for start, end in pairwise(ends) if end > start]


def _dimension(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": value}

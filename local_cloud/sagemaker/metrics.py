"""How does an endpoint do? The invocation metrics SageMaker publishes, about once a minute.

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
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

NAMESPACE = "AWS/SageMaker"
_MOST_SAMPLES = 900  # moto keeps one object per value: a busier minute is represented by that many of its requests
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
    """One series since the last flush."""

    invocations: int = 0
    client_errors: int = 0
    server_errors: int = 0
    model_errors: int = 0
    model_latencies: "array[float]" = field(default_factory=lambda: array("d"))
    overhead_latencies: "array[float]" = field(default_factory=lambda: array("d"))


class Metrics:
    """Counts on the hot path, publishes when told to; best effort."""

    def __init__(self, cloudwatch: Any, *, now: datetime) -> None:
        self._cloudwatch = cloudwatch
        self._lock = threading.Lock()
        self._windows: dict[Series, Window] = {}
        self._since = now

    def count(self, series: Series, model_status: int | None, *, model_us: float, overhead_us: float) -> None:
        """One invocation; ``model_status`` is what the container answered, None when it gave no HTTP answer.

        InvocationModelErrors counts everything but 2xx, no answer included; 4XX and 5XX only what the model answered.
        """
        with self._lock:
            window = self._windows.setdefault(series, Window())
            window.invocations += 1
            window.model_latencies.append(model_us)
            window.overhead_latencies.append(overhead_us)
            if model_status is None or not 200 <= model_status < 300:  # noqa: PLR2004  HTTP
                window.model_errors += 1
                window.client_errors += model_status in _CLIENT_ERRORS
                window.server_errors += model_status in _SERVER_ERRORS

    def flush(self, *, now: datetime) -> None:
        """Publish what was counted since the last flush, dated at the start of that time."""
        with self._lock:
            windows, self._windows = self._windows, {}
            since, self._since = self._since, now
        data = [{**datum, "Timestamp": since} for series, window in windows.items() for datum in _data(series, window)]
        try:
            for start in range(0, len(data), _MOST_DATA):
                self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _MOST_DATA])
        except (ClientError, BotoCoreError) as error:
            _log.warning("metrics.lost count=%d error=%s", len(data), error)


def _data(series: Series, window: Window) -> Iterator[dict[str, Any]]:
    for dimensions in series.dimensions:
        for datum in _counts(window):
            yield {**datum, "Dimensions": dimensions, "Unit": "None"}
        for name, latencies in _latencies(window):
            for start in range(0, len(latencies), _MOST_VALUES):
                values = latencies[start : start + _MOST_VALUES]
                yield {"MetricName": name, "Values": values, "Dimensions": dimensions, "Unit": "Microseconds"}


def _counts(window: Window) -> Iterator[dict[str, Any]]:
    total = window.invocations
    for name, count in (
        ("Invocations", total),
        ("Invocation4XXErrors", window.client_errors),
        ("Invocation5XXErrors", window.server_errors),
        ("InvocationModelErrors", window.model_errors),
    ):
        smallest, largest = int(count == total), int(count > 0)
        statistics = {"SampleCount": total, "Sum": count, "Minimum": smallest, "Maximum": largest}
        yield {"MetricName": name, "StatisticValues": statistics}


def _latencies(window: Window) -> Iterator[tuple[str, list[float]]]:
    yield "ModelLatency", represent(window.model_latencies)
    yield "OverheadLatency", represent(window.overhead_latencies)


def represent(values: Sequence[float], most: int = _MOST_SAMPLES) -> list[float]:
    """At most ``most`` of the values, evenly spread over their order: mean and percentiles stay."""
    ordered = sorted(values)
    if len(ordered) <= most:
        return ordered
    return [ordered[int((i + 0.5) * len(ordered) / most)] for i in range(most)]


def _dimension(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": value}

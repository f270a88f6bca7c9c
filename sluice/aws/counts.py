"""What did the variants do, minute by minute? Requests and events from CloudWatch, by one GetMetricData.

SageMaker's metrics: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html. Latencies are in
microseconds; of a minute without requests there is no data, and such a minute is no zero.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Self

from botocore.config import Config

from sluice.aws.client import connect
from sluice.aws.metric_data import MetricQuery, Series, read_metrics
from sluice.domain.endpoint_config import SHADOW
from sluice.domain.evidence.counts import EventKind, Tally
from sluice.telemetry import NAMESPACE, Dimension, Metric

MINUTE = timedelta(minutes=1)
_SAGEMAKER = "AWS/SageMaker"
_REQUESTS, _FAILED, _REFUSED = "Invocations", "InvocationModelErrors", "Invocation4XXErrors"
_LATENCY, _TIMED, _SLOW = "ModelLatency", "timed", "slow"
_BREACHES = Metric.GUARDRAIL_BREACHES.value
_MICROSECONDS = 1000  # a millisecond
_P95 = "p95"


@dataclass(frozen=True, slots=True)
class Counted:
    """Where the counts of one look come from.

    Attributes:
        model: Model name.
        endpoint: Endpoint name.
        config_name: The endpoint config that is serving: what other fleets answered meanwhile is left out.
        slots: The variants to count.

    """

    model: str
    endpoint: str
    config_name: str
    slots: Sequence[str]


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute.

    Attributes:
        at: When it began; aware, UTC.
        tallies: What each variant did; one without requests has an empty tally.

    """

    at: datetime
    tallies: Mapping[str, Tally]


class Counts:
    """The metrics of this account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """In the environment's region."""
        return cls(connect("cloudwatch", Config(connect_timeout=5, read_timeout=20)))

    def minutes(
        self, of: Counted, *, start: datetime, end: datetime, slow_after_milliseconds: float | None
    ) -> list[Minute]:
        """The minutes from ``start`` to before ``end``, both whole minutes, in which any variant had requests.

        Without ``slow_after_milliseconds`` slow requests are not counted. Raises MetricsIncomplete.
        """
        queries = [query for slot in of.slots for query in _queries(of, slot, slow_after_milliseconds)]
        read = read_metrics(self._client, queries, start=start, end=end)
        series = {slot: _Series.of(read, slot) for slot in of.slots}
        times = sorted({at for found in series.values() for at in found.requests if start <= at < end})
        return [Minute(at, {slot: found.tally(slot, at) for slot, found in series.items()}) for at in times]

    def p95_milliseconds(self, of: Counted, slot: str, *, start: datetime, end: datetime) -> float | None:
        """The middle one of a variant's p95s of model latency in these minutes; None when it had no requests.

        Raises MetricsIncomplete.
        """
        dimensions = _dimensions(of, slot)
        query = _query((slot, "", _P95), (_SAGEMAKER, _LATENCY), _P95, dimensions)
        found = read_metrics(self._client, [query], start=start, end=end)
        values = [value for at, value in found[slot, "", _P95].items() if start <= at < end]
        return median(values) / _MICROSECONDS if values else None


@dataclass(frozen=True, slots=True)
class _Series:
    """What one variant's metrics say; None where something was not asked for."""

    requests: Series
    failed: Series
    refused: Series
    timed: Series
    slow: Series | None
    breaches: Series

    @classmethod
    def of(cls, read: Mapping[tuple[str, str, str], Series], slot: str) -> Self:
        """Those of the serving config where SageMaker tells it apart, else those of the variant."""
        configs = sorted({config for name, config, _ in read if name == slot}, reverse=True)
        config = next((each for each in configs if read.get((slot, each, _REQUESTS))), "")
        named = {what: read.get((slot, config, what)) for what in (_REQUESTS, _FAILED, _REFUSED, _TIMED, _SLOW)}
        empty: Series = {}
        return cls(
            requests=named[_REQUESTS] or empty,
            failed=named[_FAILED] or empty,
            refused=named[_REFUSED] or empty,
            timed=named[_TIMED] or empty,
            slow=named[_SLOW],
            breaches=read.get((slot, "", _BREACHES)) or empty,
        )

    def tally(self, slot: str, at: datetime) -> Tally:
        """One minute; what is missing of a minute with requests is 0."""
        requests = round(self.requests.get(at, 0))
        failed = round(self.failed.get(at, 0) - self.refused.get(at, 0))
        events = {EventKind.ERRORS: failed}
        if slot != SHADOW:  # nobody sees a shadow's answers, so nobody finds fault with them
            events[EventKind.BREACHES] = round(self.breaches.get(at, 0))
        if self.slow is not None:
            share = self.slow.get(at, 0) / self.timed[at] if self.timed.get(at) else 0
            events[EventKind.SLOW] = round(share * requests)
        return Tally(requests, {kind: min(max(count, 0), requests) for kind, count in events.items()})


def _queries(of: Counted, slot: str, slow_after: float | None) -> Iterator[MetricQuery]:
    for config in ("", of.config_name):
        dimensions = _dimensions(of, slot, config)
        for metric in (_REQUESTS, _FAILED, _REFUSED):
            yield _query((slot, config, metric), (_SAGEMAKER, metric), "Sum", dimensions)
        if slow_after is not None:
            statistic = f"TC({slow_after * _MICROSECONDS:.0f}:)"  # how many took longer
            yield _query((slot, config, _SLOW), (_SAGEMAKER, _LATENCY), statistic, dimensions)
            yield _query((slot, config, _TIMED), (_SAGEMAKER, _LATENCY), "SampleCount", dimensions)
    ours = {Dimension.MODEL.value: of.model, Dimension.VARIANT.value: slot}
    yield _query((slot, "", _BREACHES), (NAMESPACE, _BREACHES), "Sum", ours)


def _dimensions(of: Counted, slot: str, config: str = "") -> dict[str, str]:
    usual = {"EndpointName": of.endpoint, "VariantName": slot}
    return {**usual, "EndpointConfigName": config} if config else usual


def _query(name: tuple[str, str, str], metric: tuple[str, str], statistic: str, of: Mapping[str, str]) -> MetricQuery:
    return MetricQuery(name, metric, statistic, of, MINUTE)

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from local_cloud.metrics import MetricStore, install_metrics
from sluice.aws.counts import Counted, Counts, Minute
from sluice.aws.metric_data import MetricsIncomplete
from sluice.domain.evidence.counts import EventKind, Tally
from tests.functional.release_sagemaker import HeldClock

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
OF = Counted("flights", "sluice-flights", "config-2", ("champion", "challenger"))


class Metrics:
    """The metrics of an account."""

    def __init__(self) -> None:
        self._client = boto3.client("cloudwatch")
        self.counts = Counts(self._client)

    def put(self, name: str, minute: int, variant: str, *, config: str = "", **data: Any) -> None:
        of = {"EndpointName": "sluice-flights", "VariantName": variant}
        of |= {"EndpointConfigName": config} if config else {}
        self._put(("AWS/SageMaker", name), minute, of, data)

    def breach(self, minute: int, variant: str, count: int) -> None:
        self._put(("Sluice", "GuardrailBreaches"), minute, {"Model": "flights", "Variant": variant}, {"Value": count})

    def _put(self, metric: tuple[str, str], minute: int, of: dict[str, str], data: dict[str, Any]) -> None:
        dimensions = [{"Name": dimension, "Value": value} for dimension, value in of.items()]
        at = START + timedelta(minutes=minute)
        datum = {"MetricName": metric[1], "Dimensions": dimensions, "Timestamp": at, **data}
        self._client.put_metric_data(Namespace=metric[0], MetricData=[datum])

    def minutes(self, *, end: int = 10, slow_after: float | None = None) -> list[Minute]:
        until = START + timedelta(minutes=end)
        return self.counts.minutes(OF, start=START, end=until, slow_after_milliseconds=slow_after)


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with mock_aws(), install_metrics(MetricStore(), HeldClock(START)):
        yield Metrics()


def test_a_minute_has_the_requests_and_events_of_each_variant(metrics: Metrics) -> None:
    for variant, failed in (("champion", 3), ("challenger", 9)):
        metrics.put("Invocations", 1, variant, Value=100)
        metrics.put("InvocationModelErrors", 1, variant, Value=failed)
        metrics.put("Invocation4XXErrors", 1, variant, Value=2)
    metrics.breach(1, "challenger", 4)

    (minute,) = metrics.minutes()

    assert minute.at == START + timedelta(minutes=1)
    assert minute.tallies == {
        "champion": Tally(100, {EventKind.ERRORS: 1, EventKind.BREACHES: 0}),
        "challenger": Tally(100, {EventKind.ERRORS: 7, EventKind.BREACHES: 4}),
    }


def test_slow_requests_are_those_above_the_threshold_scaled_to_all_requests(metrics: Metrics) -> None:
    metrics.put("Invocations", 0, "champion", Value=1000)
    metrics.put("ModelLatency", 0, "champion", Values=[20_000.0, 100_000.0, 100_001.0], Counts=[80, 10, 10])

    (minute,) = metrics.minutes(slow_after=100)

    assert minute.tallies["champion"].events[EventKind.SLOW] == 100


def test_requests_without_latencies_are_not_slow(metrics: Metrics) -> None:
    metrics.put("Invocations", 0, "champion", Value=10)

    (minute,) = metrics.minutes(slow_after=100)

    assert minute.tallies["champion"].events[EventKind.SLOW] == 0


def test_minutes_without_requests_are_missing_and_not_zero(metrics: Metrics) -> None:
    metrics.put("Invocations", 3, "champion", Value=10)
    metrics.put("InvocationModelErrors", 5, "champion", Value=1)

    (minute,) = metrics.minutes()

    assert minute.at == START + timedelta(minutes=3)
    assert minute.tallies["challenger"] == Tally()


def test_only_the_minutes_asked_for_are_given(metrics: Metrics) -> None:
    for at in (-1, 0, 4, 5):
        metrics.put("Invocations", at, "champion", Value=10)

    assert [minute.at for minute in metrics.minutes(end=5)] == [START, START + timedelta(minutes=4)]


def test_what_other_fleets_answered_meanwhile_is_left_out(metrics: Metrics) -> None:
    metrics.put("Invocations", 0, "champion", Value=100)
    metrics.put("Invocations", 0, "champion", config="config-1", Value=60)
    metrics.put("Invocations", 0, "champion", config="config-2", Value=40)

    (minute,) = metrics.minutes()

    assert minute.tallies["champion"].requests == 40


def test_what_cloudwatch_counted_twice_is_no_more_than_all_requests(metrics: Metrics) -> None:
    metrics.put("Invocations", 0, "champion", Value=10)
    metrics.put("Invocation4XXErrors", 0, "champion", Value=3)
    metrics.breach(0, "champion", 12)

    (minute,) = metrics.minutes()

    assert minute.tallies["champion"].events == {EventKind.ERRORS: 0, EventKind.BREACHES: 10}


def test_the_baseline_is_the_middle_minutes_p95(metrics: Metrics) -> None:
    for minute, slowest in enumerate((30_000, 900_000, 50_000)):
        metrics.put("ModelLatency", minute, "champion", Values=[10_000.0, float(slowest)], Counts=[90, 10])
    end = START + timedelta(minutes=10)

    assert metrics.counts.p95_milliseconds(OF, "champion", start=START, end=end) == 50
    assert metrics.counts.p95_milliseconds(OF, "challenger", start=START, end=end) is None


def a_page(minute: int, status: str, **more: str) -> dict[str, Any]:
    """Ten requests to the champion."""
    at = START + timedelta(minutes=minute)
    return {"MetricDataResults": [{"Id": "q0", "Timestamps": [at], "Values": [10.0], "StatusCode": status}], **more}


def minutes_of(*pages: dict[str, Any]) -> list[Minute]:
    """What is made of these pages."""
    client = boto3.client("cloudwatch")
    asked = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampAscending"}
    with Stubber(client) as stubber:
        for number, page in enumerate(pages):
            stubber.add_response("get_metric_data", page, asked | ({"NextToken": "more"} if number else {}))
        return Counts(client).minutes(OF, start=START, end=START + timedelta(minutes=5), slow_after_milliseconds=None)


def test_all_pages_of_an_answer_are_read() -> None:
    minutes = minutes_of(a_page(0, "PartialData", NextToken="more"), a_page(1, "Complete"))

    assert [minute.tallies["champion"].requests for minute in minutes] == [10, 10]


@pytest.mark.parametrize("status", ["InternalError", "Forbidden", "PartialData"])
def test_metrics_that_cloudwatch_could_not_return_are_not_taken_for_no_requests(status: str) -> None:
    with pytest.raises(MetricsIncomplete, match=f"so nothing is counted: champion Invocations: {status}"):
        minutes_of(a_page(0, "Complete", NextToken="more"), a_page(1, status))

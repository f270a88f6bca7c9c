"""CloudWatch's metric APIs through boto3 against the local cloud."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.aws_server import AwsServer
from local_cloud.context import CloudContext
from local_cloud.metrics import MetricStore, install_metrics
from local_cloud.processes import free_port
from tests.functional.local_cloud.sagemaker_builders import HeldClock

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CHAMPION = [{"Name": "Variant", "Value": "champion"}]
BY_CONFIG = [*CHAMPION, {"Name": "Config", "Value": "c1"}]


@pytest.fixture(scope="module")
def cloudwatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home: Path = tmp_path_factory.mktemp("metrics")
    server = AwsServer(free_port(), log=home / "aws.log")
    server.start()
    clock = HeldClock()
    clock.at = NOON
    with install_metrics(MetricStore(), clock):
        client = CloudContext(server.url, home, clock).client("cloudwatch")
        yield client
        client.close()
    server.stop()


def put(cloudwatch: Any, name: str, *, minute: int | None = 0, **datum: Any) -> None:
    at = {} if minute is None else {"Timestamp": NOON + timedelta(minutes=minute)}
    cloudwatch.put_metric_data(Namespace="Sluice", MetricData=[{"MetricName": name, **at, **datum}])


def a_stat(name: str, stat: str, *, period: int = 60, dimensions: Any = (), **rest: Any) -> dict[str, Any]:
    metric = {"Namespace": "Sluice", "MetricName": name, "Dimensions": list(dimensions)}
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}, **rest}


def ask(cloudwatch: Any, *queries: dict[str, Any], minutes: int = 10, **rest: Any) -> list[dict[str, Any]]:
    times = {"StartTime": NOON, "EndTime": NOON + timedelta(minutes=minutes)}
    answer = cloudwatch.get_metric_data(MetricDataQueries=list(queries), **times, **rest)
    return list(answer["MetricDataResults"])


def test_values_counts_and_statistic_sets_add_up(cloudwatch: Any) -> None:
    put(cloudwatch, "latency", Values=[100.0, 900.0], Counts=[19.0, 1.0], Unit="Microseconds")
    put(cloudwatch, "latency", Value=100.0, Unit="Microseconds")
    put(cloudwatch, "sets", StatisticValues={"SampleCount": 4, "Sum": 1, "Minimum": 0, "Maximum": 1})
    put(cloudwatch, "sets", Value=1.0)

    stats = ["SampleCount", "Sum", "Average", "p95", "p99", "TC(500:)", "TC(:500)", "PR(:500)"]
    found = [ask(cloudwatch, a_stat("latency", stat))[0]["Values"][0] for stat in stats]

    assert found == pytest.approx([21, 2900, 2900 / 21, 100, 900, 1, 20, 2000 / 21])
    assert ask(cloudwatch, a_stat("sets", "Average"))[0]["Values"] == [0.4]
    assert ask(cloudwatch, a_stat("sets", "p50"))[0]["Values"] == []


def test_only_a_metric_with_exactly_these_dimensions_is_meant(cloudwatch: Any) -> None:
    put(cloudwatch, "exact", Value=1.0)
    put(cloudwatch, "exact", Value=10.0, Dimensions=CHAMPION)
    put(cloudwatch, "exact", Value=100.0, Dimensions=BY_CONFIG)

    sums = [ask(cloudwatch, a_stat("exact", "Sum", dimensions=one))[0]["Values"] for one in ((), CHAMPION, BY_CONFIG)]
    listed = cloudwatch.list_metrics(Namespace="Sluice", MetricName="exact", Dimensions=CHAMPION)["Metrics"]

    assert sums == [[1.0], [10.0], [100.0]]
    assert sorted(len(metric["Dimensions"]) for metric in listed) == [1, 2]


def test_points_are_ordered_and_stand_at_the_beginning_of_their_period(cloudwatch: Any) -> None:
    for minute in range(6):
        put(cloudwatch, "ordered", minute=minute, Value=float(minute))

    (descending,) = ask(cloudwatch, a_stat("ordered", "Sum", period=120), minutes=5)
    (ascending,) = ask(cloudwatch, a_stat("ordered", "Sum", period=120), minutes=5, ScanBy="TimestampAscending")

    assert ascending["Values"] == descending["Values"][::-1] == [1.0, 5.0, 4.0]
    assert ascending["Timestamps"] == [NOON + timedelta(minutes=minute) for minute in (0, 2, 4)]


def test_metric_math_is_computed_and_only_what_returns_data_is_returned(cloudwatch: Any) -> None:
    put(cloudwatch, "bad", Value=3.0)
    put(cloudwatch, "all", Value=12.0)
    put(cloudwatch, "all", minute=1, Value=12.0)
    bad = {**a_stat("bad", "Sum", ReturnData=False), "Id": "bad"}
    requests = {**a_stat("all", "Sum", ReturnData=False), "Id": "all"}

    (rate,) = ask(cloudwatch, {"Id": "rate", "Expression": "FILL(bad, 0) / all", "Label": "rate"}, bad, requests)

    assert (rate["Id"], rate["Label"], rate["Values"]) == ("rate", "rate", [0.0, 0.25])


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"Id": "e1", "Expression": "SEARCH('{Sluice}', 'Sum')"}, "unsupported function SEARCH"),
        (a_stat("x", "Most"), "Most is not known"),
        ({"Id": "e1", "Expression": "1 + 1"}, "a number where a time series must be"),
    ],
)
def test_what_cannot_be_answered_is_an_error(cloudwatch: Any, query: dict[str, Any], reason: str) -> None:
    with pytest.raises(ClientError, match=reason) as refused:
        ask(cloudwatch, query)

    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_get_metric_statistics_answers_several_statistics_per_unit(cloudwatch: Any) -> None:
    put(cloudwatch, "stats", Values=[1.0, 3.0], Unit="Count")
    put(cloudwatch, "stats", Value=8.0, Unit="Bytes")
    times = {"StartTime": NOON, "EndTime": NOON + timedelta(minutes=5), "Period": 60}
    wanted = {"Statistics": ["Sum", "Maximum"], "ExtendedStatistics": ["p50"]}

    points = cloudwatch.get_metric_statistics(Namespace="Sluice", MetricName="stats", **times, **wanted)["Datapoints"]

    assert {
        point["Unit"]: (point["Sum"], point["Maximum"], point["ExtendedStatistics"]["p50"]) for point in points
    } == {
        "Count": (4.0, 3.0, 1.0),
        "Bytes": (8.0, 8.0, 8.0),
    }
    assert points[0]["Timestamp"] == NOON


def test_a_datum_without_a_time_is_dated_by_the_clouds_clock(cloudwatch: Any) -> None:
    put(cloudwatch, "undated", minute=None, Value=1.0)

    (found,) = ask(cloudwatch, a_stat("undated", "Sum"))

    assert found["Timestamps"] == [NOON]


def test_wrong_data_and_times_are_refused(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="same size"):
        put(cloudwatch, "wrong", Values=[1.0], Counts=[1.0, 2.0])
    with pytest.raises(ClientError, match="less than"):
        ask(cloudwatch, a_stat("x", "Sum"), minutes=0)
    put(cloudwatch, "two", Value=1.0)
    put(cloudwatch, "two", minute=1, Value=1.0)
    with pytest.raises(ClientError, match="MaxDatapoints"):
        ask(cloudwatch, a_stat("two", "Sum"), MaxDatapoints=1)

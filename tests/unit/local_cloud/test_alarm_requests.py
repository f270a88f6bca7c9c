"""Which alarms are described, and which are refused."""

from typing import Any

import pytest

from local_cloud.alarms.configuration import CompositeAlarm
from local_cloud.alarms.description import InvalidToken, describe_alarms
from local_cloud.alarms.state import AlarmRefused
from tests.unit.local_cloud.alarm_builders import ALARM, TOPIC, Watched, a_ratio


def some_alarms() -> Watched:
    watched = Watched()
    for name in ("flights-a", "flights-b", "trains"):
        watched.put(name)
    watched.compose("flights-slot", "ALARM(flights-a) OR ALARM(flights-b)")
    watched.set(watched.book.alarms()[0], ALARM)
    return watched


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, ["flights-a", "flights-b", "trains"]),
        ({"AlarmTypes": ["CompositeAlarm"]}, ["flights-slot"]),
        ({"AlarmTypes": ["LogAlarm"]}, []),
        ({"AlarmNamePrefix": "flights"}, ["flights-a", "flights-b"]),
        ({"AlarmNamePrefix": "flights", "StateValue": "ALARM"}, ["flights-a"]),
        ({"AlarmNames": ["flights-a", "trains", "none"], "StateValue": "INSUFFICIENT_DATA"}, ["trains"]),
        (
            {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "StateValue": "ALARM"},
            ["flights-a", "flights-slot"],
        ),
        ({"ActionPrefix": TOPIC[:20], "AlarmNames": ["trains"]}, ["trains"]),
        ({"ActionPrefix": "arn:aws:lambda"}, []),
        ({"ChildrenOfAlarmName": "flights-slot"}, ["flights-a", "flights-b"]),
        ({"ChildrenOfAlarmName": "trains"}, []),
        ({"ParentsOfAlarmName": "flights-b"}, ["flights-slot"]),
    ],
)
def test_all_filters_of_describe_alarms_count_together(request_: dict[str, Any], expected: list[str]) -> None:
    found = describe_alarms(request_, some_alarms().book.alarms())

    assert [alarm["AlarmName"] for alarm in (*found["MetricAlarms"], *found["CompositeAlarms"])] == expected


def test_children_and_parents_show_little() -> None:
    alarms = some_alarms().book.alarms()

    children = describe_alarms({"ChildrenOfAlarmName": "flights-slot"}, alarms)["MetricAlarms"]
    parents = describe_alarms({"ParentsOfAlarmName": "flights-a"}, alarms)["CompositeAlarms"]

    assert set(children[0]) == {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    assert set(parents[0]) == {"AlarmName", "AlarmArn"}


def test_alarms_are_described_a_page_at_a_time() -> None:
    alarms = some_alarms().book.alarms()

    first = describe_alarms({"MaxRecords": 2}, alarms)
    second = describe_alarms({"MaxRecords": 2, "NextToken": first["NextToken"]}, alarms)

    assert [len(first["MetricAlarms"]), len(second["MetricAlarms"])] == [2, 1]
    assert "NextToken" not in second
    with pytest.raises(InvalidToken):
        describe_alarms({"NextToken": "?"}, alarms)


@pytest.mark.parametrize(
    "request_",
    [
        {"AlarmNames": ["a"], "AlarmNamePrefix": "a"},
        {"ChildrenOfAlarmName": "a", "StateValue": "OK"},
        {"ChildrenOfAlarmName": "a", "ParentsOfAlarmName": "a"},
    ],
)
def test_filters_that_exclude_each_other_are_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(AlarmRefused, match="combined"):
        describe_alarms(request_, [])


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"MetricName": None}, "either MetricName or Metrics"),
        ({"Metrics": []}, None),
        (a_ratio(Period=60), "cannot be combined with Period"),
        (a_ratio(Expression="bad + NOPE(all)"), "unsupported function NOPE"),
        (a_ratio(Expression="bad + other"), "id other is not known"),
        (a_ratio(Expression="bad +"), "not complete"),
        (a_ratio(Expression="SUM(bad)"), "gives a number"),
        (a_ratio(Expression="[bad, all]"), "gives 2 time series"),
        ({"ExtendedStatistic": "p99"}, "either Statistic or ExtendedStatistic"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "p101 is not known"),
        ({"Period": 45}, "Period"),
        ({"Period": 5}, "Period must be 10"),
        ({"Period": None}, "Namespace and Period"),
        ({"EvaluationPeriods": 1441}, "86400 seconds"),
        ({"DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"Threshold": None}, "Threshold"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "ComparisonOperator"),
        ({"TreatMissingData": "perhaps"}, "TreatMissingData"),
        ({"EvaluateLowSampleCountPercentile": "perhaps"}, "evaluate or ignore"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "sliding windows"),
        ({"ThresholdMetricId": "m1"}, "knows no ThresholdMetricId"),
    ],
)
def test_alarms_that_cannot_be_are_refused_with_the_reason(over: dict[str, Any], reason: str | None) -> None:
    watched = Watched()
    if reason is None:
        watched.put(**over)
        return

    with pytest.raises(AlarmRefused, match=reason):
        watched.put(**over)


def test_a_suppressor_is_refused_rather_than_dropped() -> None:
    with pytest.raises(AlarmRefused, match="ActionsSuppressor"):
        CompositeAlarm.from_request({"AlarmName": "a", "AlarmRule": "TRUE", "ActionsSuppressor": "b"})

"""Alarms through boto3: evaluated by the cloud's clock, announced to rules, topics and functions."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.alarms import Alarms
from local_cloud.context import ACCOUNT
from local_cloud.events import Events
from local_cloud.metrics import MetricStore, install_metrics
from local_cloud.ops_items import install_ops_items
from tests.functional.local_cloud.function_builders import LambdaCloud, a_lambda_cloud, eventually

SPEED = 120  # a minute of the cloud is half a second
PREFIX = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaCloud]:
    store = MetricStore()
    with a_lambda_cloud(tmp_path_factory.mktemp("alarms"), speed=SPEED) as running, ExitStack() as parts:
        clock = running.context.clock
        parts.enter_context(install_metrics(store, clock))
        parts.enter_context(install_ops_items(clock))
        events = Events(running.context, invoke=running.functions.invoke)
        parts.callback(events.stop)
        events.install()
        events.start()
        alarms = Alarms(running.context, store)
        parts.callback(alarms.stop)
        alarms.install()
        alarms.start()
        yield running


def an_alarm(cloud: LambdaCloud, name: str, **over: Any) -> str:
    settings = {
        "Namespace": "Sluice",
        "MetricName": name,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        **over,
    }
    cloud.client("cloudwatch").put_metric_alarm(AlarmName=name, **settings)
    return f"{PREFIX}{name}"


def described(cloud: LambdaCloud, name: str) -> dict[str, Any]:
    both = ["MetricAlarm", "CompositeAlarm"]
    found = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=both)
    return dict((found["MetricAlarms"] + found["CompositeAlarms"])[0])


def state(cloud: LambdaCloud, name: str) -> str:
    return str(described(cloud, name)["StateValue"])


def alarm_events(cloud: LambdaCloud, rule: str, name: str) -> str:
    """The URL of a queue that gets the state changes of one alarm."""
    url, arn = cloud.a_queue(f"{rule}-events")
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [name]},
    }
    cloud.client("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    cloud.client("events").put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])
    return url


def test_an_alarm_on_a_functions_metric_reaches_a_rule(cloud: LambdaCloud) -> None:
    url = alarm_events(cloud, "watched", "Errors")
    line = {
        "_aws": {
            "Timestamp": 1,
            "CloudWatchMetrics": [{"Namespace": "Sluice", "Dimensions": [[]], "Metrics": [{"Name": "Errors"}]}],
        },
        "Errors": 1,
    }
    cloud.a_function("failing", f"def handler(e, c): print({json.dumps(line)!r})")
    arn = an_alarm(cloud, "Errors", TreatMissingData="notBreaching")
    first = eventually(lambda: cloud.messages(url))

    cloud.invoke("failing")
    risen = eventually(lambda: cloud.messages(url))

    assert [event["detail"]["state"]["value"] for event in first] == ["OK"]
    assert first[0]["detail"]["previousState"]["reason"] == "Unchecked: Initial alarm creation"
    event = risen[0]
    assert (event["resources"], event["detail"]["state"]["value"]) == ([arn], "ALARM")
    assert "greater than the threshold (0.0)" in event["detail"]["state"]["reason"]
    assert event["time"][:16] == event["detail"]["state"]["timestamp"][:16]
    assert event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == "Errors"


def test_set_alarm_state_is_over_at_the_next_evaluation(cloud: LambdaCloud) -> None:
    an_alarm(cloud, "temporary", TreatMissingData="notBreaching")
    eventually(lambda: state(cloud, "temporary") == "OK")

    cloud.client("cloudwatch").set_alarm_state(
        AlarmName="temporary", StateValue="ALARM", StateReason="drill", StateReasonData='{"by": "hand"}'
    )
    eventually(lambda: state(cloud, "temporary") == "OK")

    history = cloud.client("cloudwatch").describe_alarm_history(
        AlarmName="temporary", HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history][1:3] == [
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]


def test_a_composite_alarm_tells_its_topic_and_its_function(cloud: LambdaCloud) -> None:
    client, notifications = cloud.client("cloudwatch"), cloud.client("sns")
    url, queue = cloud.a_queue("pager")
    topic = notifications.create_topic(Name="pager")["TopicArn"]
    notifications.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    function = cloud.a_recorder("paged")
    an_alarm(cloud, "slot-errors")
    client.put_composite_alarm(
        AlarmName="slot",
        AlarmRule=f'ALARM("{PREFIX}slot-errors")',
        AlarmActions=[topic, function, f"arn:aws:ssm:us-east-1:{ACCOUNT}:opsitem:3"],
    )
    client.set_alarm_state(AlarmName="slot-errors", StateValue="ALARM", StateReason="drill")

    message = eventually(lambda: cloud.messages(url))
    event = eventually(lambda: cloud.recorded("paged"))
    items = eventually(lambda: cloud.client("ssm").describe_ops_items()["OpsItemSummaries"])

    assert (message[0]["AlarmName"], message[0]["NewStateValue"]) == ("slot", "ALARM")
    assert event[0]["alarmData"]["configuration"] == {"alarmRule": f'ALARM("{PREFIX}slot-errors")'}
    assert (items[0]["Severity"], items[0]["Status"]) == ("3", "Open")
    children = client.describe_alarms(ChildrenOfAlarmName="slot")["MetricAlarms"]
    assert [(child["AlarmName"], child["StateValue"]) for child in children] == [("slot-errors", "ALARM")]
    assert eventually(lambda: len(actions(cloud, "slot")) == 3)


def actions(cloud: LambdaCloud, name: str) -> list[str]:
    found = cloud.client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")
    return [item["HistorySummary"] for item in found["AlarmHistoryItems"]]


def test_a_muted_alarm_says_so_in_its_event_and_does_nothing(cloud: LambdaCloud) -> None:
    client, now = cloud.client("cloudwatch"), cloud.context.clock.now()
    url = alarm_events(cloud, "muted", "noisy")
    an_alarm(cloud, "noisy", AlarmActions=[cloud.a_recorder("woken")])
    start = now - timedelta(hours=1)
    rule = {"Schedule": {"Expression": f"at({start:%Y-%m-%dT%H:%M})", "Duration": "P1D"}}
    client.put_alarm_mute_rule(Name="night", Rule=rule, MuteTargets={"AlarmNames": ["noisy"]})

    client.set_alarm_state(AlarmName="noisy", StateValue="ALARM", StateReason="drill")

    (event,) = eventually(lambda: cloud.messages(url))
    known = client.get_alarm_mute_rule(AlarmMuteRuleName="night")
    listed = client.list_alarm_mute_rules(AlarmName="noisy", Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"]
    assert event["detail"]["muteDetail"]["mutedByArn"] == known["AlarmMuteRuleArn"] == listed[0]["AlarmMuteRuleArn"]
    assert (known["Status"], known["Rule"]) == ("ACTIVE", {"Schedule": {**rule["Schedule"]}})
    assert cloud.recorded("woken") == []
    client.delete_alarm_mute_rule(AlarmMuteRuleName="night")
    assert eventually(lambda: cloud.recorded("woken"))
    with pytest.raises(ClientError, match="does not exist"):
        client.get_alarm_mute_rule(AlarmMuteRuleName="night")


def test_refusals_have_cloudwatchs_codes(cloud: LambdaCloud) -> None:
    client = cloud.client("cloudwatch")
    refused: dict[str, Callable[[], Any]] = {
        "ValidationError": lambda: client.put_composite_alarm(AlarmName="x", AlarmRule="ALARM("),
        "ResourceNotFound": lambda: client.set_alarm_state(AlarmName="x", StateValue="OK", StateReason=""),
        "InvalidNextToken": lambda: client.describe_alarms(NextToken="?"),
    }

    for code, call in refused.items():
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] == code


def test_actions_are_switched_tags_kept_and_alarms_deleted(cloud: LambdaCloud) -> None:
    client = cloud.client("cloudwatch")
    arn = an_alarm(cloud, "kept", Tags=[{"Key": "team", "Value": "ml"}])

    client.disable_alarm_actions(AlarmNames=["kept"])
    disabled = described(cloud, "kept")["ActionsEnabled"]
    client.enable_alarm_actions(AlarmNames=["kept"])
    enabled = described(cloud, "kept")
    tags = client.list_tags_for_resource(ResourceARN=arn)["Tags"]
    of_metric = client.describe_alarms_for_metric(Namespace="Sluice", MetricName="kept")["MetricAlarms"]
    client.delete_alarms(AlarmNames=["kept", "unknown"])

    assert (disabled, enabled["ActionsEnabled"], enabled["AlarmArn"]) == (False, True, arn)
    assert tags == [{"Key": "team", "Value": "ml"}]
    assert [alarm["AlarmName"] for alarm in of_metric] == ["kept"]
    assert client.describe_alarms(AlarmNames=["kept"])["MetricAlarms"] == []

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.events import Events
from tests.functional.local_cloud.function_builders import LambdaCloud, a_lambda_cloud, eventually

SPEED = 120  # a minute of the cloud is half a second


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaCloud]:
    with a_lambda_cloud(tmp_path_factory.mktemp("events"), speed=SPEED) as running:
        events = Events(running.context, invoke=running.functions.invoke)
        events.install()
        events.start()
        yield running
        events.stop()
    assert not {name for name in threads() if name.startswith(("schedules", "queue"))}


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def a_rule(cloud: LambdaCloud, name: str, targets: list[dict[str, Any]], **rule: Any) -> str:
    client = cloud.client("events")
    arn = client.put_rule(Name=name, **rule)["RuleArn"]
    client.put_targets(Rule=name, Targets=[{"Id": str(n), **target} for n, target in enumerate(targets)])
    return str(arn)


def put_event(cloud: LambdaCloud, source: str, detail: Any) -> dict[str, Any]:
    entry = {"Source": source, "DetailType": "Something Happened", "Detail": json.dumps(detail)}
    return dict(cloud.client("events").put_events(Entries=[entry]))


def a_mapping(cloud: LambdaCloud, function: str, queue_arn: str, **options: Any) -> str:
    mapping = cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=queue_arn, FunctionName=function, **options
    )
    return str(mapping["UUID"])


def bodies(cloud: LambdaCloud, function: str) -> list[str]:
    return [record["body"] for event in cloud.recorded(function) for record in event["Records"]]


def test_a_rule_delivers_an_event_to_its_function(cloud: LambdaCloud) -> None:
    arn = cloud.a_recorder("ruled")
    a_rule(cloud, "to-function", [{"Arn": arn}], EventPattern=json.dumps({"source": ["sluice.ruled"]}))

    answer = put_event(cloud, "sluice.ruled", {"rollout": "r1"})

    assert answer["FailedEntryCount"] == 0
    (event,) = eventually(lambda: cloud.recorded("ruled"))
    assert (event["source"], event["detail"], event["account"]) == ("sluice.ruled", {"rollout": "r1"}, "123456789012")
    assert event["time"].endswith("Z")


def test_a_rule_gives_each_target_its_own_input(cloud: LambdaCloud) -> None:
    function = cloud.a_recorder("transformed")
    url, queue = cloud.a_queue("transformed")
    transformer = {"InputPathsMap": {"name": "$.detail.name"}, "InputTemplate": '{"look_at": <name>}'}
    targets: list[dict[str, Any]] = [
        {"Arn": function, "InputTransformer": transformer},
        {"Arn": queue, "Input": '{"constant": true}'},
    ]
    a_rule(cloud, "inputs", targets, EventPattern=json.dumps({"source": ["sluice.inputs"]}))

    put_event(cloud, "sluice.inputs", {"name": "flights"})

    assert eventually(lambda: cloud.recorded("transformed")) == [{"look_at": "flights"}]
    assert eventually(lambda: cloud.messages(url)) == [{"constant": True}]


def test_a_disabled_rule_delivers_nothing(cloud: LambdaCloud) -> None:
    off, on = cloud.a_recorder("disabled"), cloud.a_recorder("enabled")
    pattern = json.dumps({"source": ["sluice.disabled"]})
    a_rule(cloud, "off", [{"Arn": off}], EventPattern=pattern, State="DISABLED")
    a_rule(cloud, "on", [{"Arn": on}], EventPattern=pattern)

    put_event(cloud, "sluice.disabled", {"x": 1})

    assert eventually(lambda: cloud.recorded("enabled"))
    assert cloud.recorded("disabled") == []


def test_what_cannot_be_delivered_goes_to_the_targets_dead_letters(cloud: LambdaCloud) -> None:
    url, queue = cloud.a_queue("undelivered")
    missing = "arn:aws:lambda:us-east-1:123456789012:function:missing"
    target = {"Arn": missing, "DeadLetterConfig": {"Arn": queue}}
    a_rule(cloud, "missing", [target], EventPattern=json.dumps({"source": ["sluice.missing"]}))

    put_event(cloud, "sluice.missing", {"x": 1})

    (letter,) = eventually(lambda: cloud.messages(url))
    assert letter["detail"] == {"x": 1}


def test_a_scheduled_rule_fires_by_the_clouds_clock_and_matches_no_event(cloud: LambdaCloud) -> None:
    arn = cloud.a_recorder("ticking")
    rule = a_rule(cloud, "every-minute", [{"Arn": arn}], ScheduleExpression="rate(1 minute)")

    put_event(cloud, "sluice.anything", {"x": 1})

    first, second = eventually(lambda: cloud.recorded("ticking")[:2] if len(cloud.recorded("ticking")) > 1 else [])
    assert (first["detail-type"], first["source"], first["resources"]) == ("Scheduled Event", "aws.events", [rule])
    assert first["time"] < second["time"]
    cloud.client("events").disable_rule(Name="every-minute")


def test_a_schedule_fires_once_at_its_time_and_is_gone(cloud: LambdaCloud) -> None:
    arn = cloud.a_recorder("once")
    moment = cloud.context.clock.now() + timedelta(minutes=1)

    cloud.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": arn,
            "RoleArn": "arn:aws:iam::123456789012:role/x",
            "Input": '{"at": "<aws.scheduler.scheduled-time>"}',
        },
    )

    assert eventually(lambda: cloud.recorded("once")) == [{"at": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}]
    assert eventually(lambda: cloud.client("scheduler").list_schedules()["Schedules"] == [])


def test_a_wrong_schedule_is_refused_when_it_is_made(cloud: LambdaCloud) -> None:
    with pytest.raises(ClientError, match="six fields") as refused:
        cloud.client("events").put_rule(Name="wrong", ScheduleExpression="cron(0 9 * *)")

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_messages_reach_the_function_in_batches_and_are_deleted(cloud: LambdaCloud) -> None:
    cloud.a_recorder("batched")
    url, queue = cloud.a_queue("batched")
    for number in range(5):
        cloud.client("sqs").send_message(
            QueueUrl=url, MessageBody=str(number), MessageAttributes={"n": {"DataType": "String", "StringValue": "x"}}
        )

    a_mapping(cloud, "batched", queue, BatchSize=3)

    assert eventually(lambda: sorted(bodies(cloud, "batched")) == list("01234"))
    assert max(len(event["Records"]) for event in cloud.recorded("batched")) <= 3
    record = cloud.recorded("batched")[0]["Records"][0]
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", queue)
    assert record["messageAttributes"]["n"]["stringValue"] == "x"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert eventually(lambda: in_queue(cloud, url) == 0)


def in_queue(cloud: LambdaCloud, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


def test_a_message_that_keeps_failing_ends_in_the_dead_letter_queue_and_the_rest_does_not(cloud: LambdaCloud) -> None:
    bad = "[r for r in event['Records'] if 'bad' in r['body']]"
    failed = f"{{'batchItemFailures': [{{'itemIdentifier': r['messageId']}} for r in {bad}]}}"
    cloud.a_recorder("partial", then=failed)
    dead_url, dead = cloud.a_queue("partial-dead")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    url, queue = cloud.a_queue("partial", VisibilityTimeout="1", RedrivePolicy=policy)

    a_mapping(cloud, "partial", queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    for body in ("good", "bad"):
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

    assert eventually(lambda: cloud.messages(dead_url)) == ["bad"]
    assert bodies(cloud, "partial").count('"good"') == 1
    assert bodies(cloud, "partial").count('"bad"') == 2


def test_a_function_that_fails_gets_its_messages_again(cloud: LambdaCloud) -> None:
    cloud.a_recorder("failing-once", then="1 / (int(event['Records'][0]['attributes']['ApproximateReceiveCount']) - 1)")
    url, queue = cloud.a_queue("failing-once", VisibilityTimeout="1")

    a_mapping(cloud, "failing-once", queue)
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="again")

    assert eventually(lambda: bodies(cloud, "failing-once") == ["again", "again"])


def test_a_deleted_mapping_polls_no_more(cloud: LambdaCloud) -> None:
    cloud.a_recorder("unmapped")
    url, queue = cloud.a_queue("unmapped")
    mapping = a_mapping(cloud, "unmapped", queue)
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="1")
    assert eventually(lambda: bodies(cloud, "unmapped") == ["1"])

    cloud.client("lambda").delete_event_source_mapping(UUID=mapping)
    assert eventually(lambda: "queue-poller unmapped" not in threads())
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="2")

    assert eventually(lambda: in_queue(cloud, url) == 1)
    assert bodies(cloud, "unmapped") == ["1"]


def test_a_stored_object_reaches_a_function_through_a_queue(cloud: LambdaCloud) -> None:
    cloud.a_recorder("captured")
    _, queue = cloud.a_queue("captures")
    a_mapping(cloud, "captured", queue, BatchSize=1)
    storage = cloud.client("s3")
    storage.create_bucket(Bucket="captures")
    prefix = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "data/"}]}}
    storage.put_bucket_notification_configuration(
        Bucket="captures",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"], "Filter": prefix}]
        },
    )

    storage.put_object(Bucket="captures", Key="elsewhere/x", Body=b"no")
    storage.put_object(Bucket="captures", Key="data/a b.jsonl", Body=b"yes")

    notified = eventually(
        lambda: [one for body in bodies(cloud, "captured") for one in json.loads(body).get("Records", [])]
    )
    assert [one["s3"]["object"]["key"] for one in notified] == ["data/a+b.jsonl"]
    assert notified[0]["eventName"] == "ObjectCreated:Put"


def test_a_stored_object_reaches_a_function_directly_and_through_eventbridge(cloud: LambdaCloud) -> None:
    direct, bridged = cloud.a_recorder("direct"), cloud.a_recorder("bridged")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": ["notified"]}}}
    a_rule(cloud, "stored", [{"Arn": bridged}], EventPattern=json.dumps(pattern))
    storage = cloud.client("s3")
    storage.create_bucket(Bucket="notified")
    storage.put_bucket_notification_configuration(
        Bucket="notified",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": direct, "Events": ["s3:ObjectCreated:*"]}],
            "EventBridgeConfiguration": {},
        },
    )

    storage.put_object(Bucket="notified", Key="model.tar.gz", Body=b"x")

    (event,) = eventually(lambda: cloud.recorded("direct"))
    assert event["Records"][0]["s3"]["object"]["key"] == "model.tar.gz"
    (event,) = eventually(lambda: cloud.recorded("bridged"))
    assert event["detail"]["object"]["key"] == "model.tar.gz"


def test_a_message_on_a_topic_reaches_a_function_with_its_topic(cloud: LambdaCloud) -> None:
    arn = cloud.a_recorder("subscribed")
    topic = cloud.client("sns").create_topic(Name="alarms")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)

    cloud.client("sns").publish(TopicArn=topic, Message="too slow", Subject="ALARM")

    (event,) = eventually(lambda: cloud.recorded("subscribed"))
    notification = event["Records"][0]["Sns"]
    assert (notification["TopicArn"], notification["Message"], notification["Subject"]) == (topic, "too slow", "ALARM")

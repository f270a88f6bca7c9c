import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.functional.local_cloud.function_builders import LambdaCloud, a_lambda_cloud, eventually

EMF = {
    "_aws": {
        "Timestamp": 0,
        "CloudWatchMetrics": [
            {
                "Namespace": "Sluice",
                "Dimensions": [["Variant"], ["Variant", "Model"]],
                "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Served", "Unit": "Count"}],
            }
        ],
    },
    "Variant": "champion",
    "Model": "flights",
    "Latency": [3.0, 5.0],
    "Served": 1,
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaCloud]:
    with a_lambda_cloud(tmp_path_factory.mktemp("observed")) as running:
        yield running


def statistics(cloud: LambdaCloud, namespace: str, name: str, **dimensions: str) -> dict[str, Any] | None:
    now = datetime.now(UTC)
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return dict(points[0]) if points else None


def test_what_a_worker_prints_arrives_in_its_log_group(cloud: LambdaCloud) -> None:
    source = "import sys\nprint('starting')\ndef handler(e, c):\n  print('one\\ntwo'); print('three', file=sys.stderr)"
    cloud.a_function("printing", source)

    cloud.invoke("printing")

    lines = eventually(lambda: _complete(cloud.log_lines("/aws/lambda/printing")))
    kinds = [line.split(" ")[0].split("\t")[0] for line in lines]
    assert kinds == ["INIT_START", "starting", "START", "one", "two", "three", "END", "REPORT"]
    assert "Init Duration" in lines[-1]


def _complete(lines: list[str]) -> list[str]:
    return lines if lines and lines[-1].startswith("REPORT") else []


def test_a_traceback_is_one_event_in_the_log_group_of_the_template(cloud: LambdaCloud) -> None:
    cloud.client("logs").create_log_group(logGroupName="/sluice/failing")
    source = "def handler(e, c): raise ValueError('boom')"
    cloud.a_function("traced", source, LoggingConfig={"LogGroup": "/sluice/failing"})

    cloud.invoke("traced")

    lines = eventually(lambda: _complete(cloud.log_lines("/sluice/failing")))
    (traceback,) = [line for line in lines if "boom" in line]
    assert traceback.startswith("[ERROR] ValueError: boom\nTraceback")


def test_json_logging_makes_lambdas_own_lines_json_too(cloud: LambdaCloud) -> None:
    source = "import logging\ndef handler(e, c): logging.getLogger().warning('careful')"
    cloud.a_function("json-logged", source, LoggingConfig={"LogFormat": "JSON"})

    cloud.invoke("json-logged")

    lines = eventually(lambda: [one for one in cloud.log_lines("/aws/lambda/json-logged") if "platform.report" in one])
    records = [json.loads(line) for line in cloud.log_lines("/aws/lambda/json-logged")[1:]]
    assert lines
    assert [record.get("type") or record["message"] for record in records] == [
        "platform.start",
        "careful",
        "platform.report",
    ]


def test_embedded_metrics_become_metrics_in_every_set_of_dimensions(cloud: LambdaCloud) -> None:
    source = f"""import json, time
def handler(event, context):
    record = json.loads({json.dumps(json.dumps(EMF))})
    record["_aws"]["Timestamp"] = int(time.time() * 1000)
    print(json.dumps(record))"""
    cloud.a_function("measuring", source)

    cloud.invoke("measuring")

    latency = eventually(lambda: statistics(cloud, "Sluice", "Latency", Variant="champion", Model="flights"))
    assert latency is not None
    assert (latency["Sum"], latency["SampleCount"]) == (8.0, 2.0)
    metrics = cloud.client("cloudwatch").list_metrics(Namespace="Sluice", MetricName="Served")["Metrics"]
    assert sorted(len(metric["Dimensions"]) for metric in metrics) == [1, 2]


def test_lambda_counts_invocations_and_errors(cloud: LambdaCloud) -> None:
    cloud.a_function("counted", "def handler(e, c): return 1 / e")

    for event in (1, 2, 0):
        cloud.invoke("counted", event)

    errors = eventually(lambda: _of_three(statistics(cloud, "AWS/Lambda", "Errors", FunctionName="counted")))
    assert errors is not None
    assert (errors["Sum"], errors["SampleCount"]) == (1.0, 3.0)


def _of_three(found: dict[str, Any] | None) -> dict[str, Any] | None:
    return found if found and found["SampleCount"] == 3 else None


def test_a_role_may_do_what_its_policies_say_and_nothing_else(cloud: LambdaCloud) -> None:
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/mine"
    source = """import boto3, os
table = boto3.client("dynamodb")
identity = boto3.client("sts")
def handler(event, context):
    try:
        return table.describe_table(TableName=event)["Table"]["TableName"]
    except Exception as refused:
        return [type(refused).__name__, identity.get_caller_identity()["Arn"]]"""
    for name in ("mine", "yours"):
        cloud.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    cloud.a_function("limited", source, allow=[{"Action": "dynamodb:DescribeTable", "Resource": table}])

    allowed, denied = cloud.invoke("limited", "mine"), cloud.invoke("limited", "yours")

    assert allowed == "mine"
    assert denied == ["ClientError", "arn:aws:sts::123456789012:assumed-role/limited-role/limited"]
    assert cloud.functions.permissions_used("limited")[:2] == [
        ("dynamodb:DescribeTable", table, True),
        ("dynamodb:DescribeTable", table.replace("mine", "yours"), False),
    ]


def test_a_policy_granted_later_reaches_the_next_event(cloud: LambdaCloud) -> None:
    source = """import boto3
buckets = boto3.client("s3")
def handler(event, context): return len(buckets.list_buckets()["Buckets"])"""
    cloud.a_function("granted", source)
    before = cloud.answer("granted")

    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
    }
    cloud.client("iam").put_role_policy(
        RoleName="granted-role", PolicyName="later", PolicyDocument=json.dumps(document)
    )

    assert b"AccessDenied" in before.payload
    assert cloud.invoke("granted") == 0


def test_an_event_nobody_waits_for_is_accepted_at_once_and_handled(cloud: LambdaCloud) -> None:
    cloud.a_function("background", "import time\ndef handler(e, c):\n  time.sleep(0.3); print('handled', e)")

    response = cloud.client("lambda").invoke(FunctionName="background", InvocationType="Event", Payload=b'"it"')

    assert response["StatusCode"] == 202
    assert eventually(lambda: "handled it" in cloud.log_lines("/aws/lambda/background"))

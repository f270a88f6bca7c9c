"""The local cloud's answers are moto's own, word for word, and cost less."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import responses
from moto.core.serialize import ResponseSerializer, XFormedAttributePicker
from moto.core.utils import method_names_from_class

from local_cloud import answers
from local_cloud.answers import install_answers

ITEM = {
    "pk": {"S": "a"},
    "n": {"N": "0"},
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "bytes": {"B": b"\x00"},
    "set": {"SS": ["x", "y"]},
    "S": {"M": {"M": {"L": [{"N": "1"}, {"M": {}}, {"L": []}]}, "empty": {"S": ""}}},
}


@pytest.fixture(autouse=True)
def as_moto() -> Iterator[None]:
    """Moto's own ways, though all tests have the quick ones."""
    with ExitStack() as own:
        own.enter_context(patch.object(XFormedAttributePicker, "get_possible_keys", answers._names))
        own.enter_context(patch.object(ResponseSerializer, "get_value", answers._value))
        own.enter_context(patch.object(responses, "method_names_from_class", method_names_from_class))
        yield


def items(table: str) -> list[Any]:
    dynamodb = boto3.client("dynamodb")
    keys = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    of = [{"AttributeName": "pk", "AttributeType": "S"}]
    made = dynamodb.create_table(TableName=table, AttributeDefinitions=of, **keys)["TableDescription"]
    dynamodb.put_item(TableName=table, Item=ITEM)
    got = dynamodb.get_item(TableName=table, Key={"pk": {"S": "a"}}, ReturnConsumedCapacity="TOTAL")
    return [sorted(made), got["Item"], got["ConsumedCapacity"], dynamodb.scan(TableName=table)["Items"]]


def queue(_: str) -> list[Any]:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="waiting")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    messages = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    return [[each["Body"], sorted(each["Attributes"])] for each in messages]


def role(_: str) -> list[Any]:
    """XML, of objects with names of their own."""
    iam = boto3.client("iam")
    made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument="{}", Tags=[{"Key": "of", "Value": "sluice"}])
    return [{**made["Role"], "RoleId": "", "CreateDate": ""}, iam.list_role_tags(RoleName="worker")["Tags"]]


def alarm(_: str) -> list[Any]:
    cloudwatch = boto3.client("cloudwatch")
    judged = {"Period": 60, "EvaluationPeriods": 2, "Threshold": 0.5, "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch.put_metric_alarm(AlarmName="late", MetricName="m", Namespace="n", Statistic="Sum", **judged)
    (found,) = cloudwatch.describe_alarms()["MetricAlarms"]
    return [{name: value for name, value in found.items() if "Timestamp" not in name and "Updated" not in name}]


def refusal(table: str) -> list[Any]:
    with pytest.raises(ClientError) as refused:
        boto3.client("dynamodb").describe_table(TableName=table)
    return [refused.value.response["Error"]]


@pytest.mark.parametrize("ask", [items, queue, role, alarm, refusal])
def test_an_answer_is_that_of_moto(ask: Any) -> None:
    with mock_aws():
        expected = ask("state")
    with install_answers(), mock_aws():
        found = ask("state")
    with install_answers(), mock_aws():
        found_again = ask("state")

    assert found == found_again == expected


def test_what_moto_cannot_do_is_said_as_by_moto() -> None:
    def said() -> str:
        with pytest.raises(NotImplementedError) as unknown:
            boto3.client("dynamodb").list_contributor_insights()
        return str(unknown.value)

    with mock_aws():
        expected = said()
        with install_answers():
            assert said() == expected


def test_names_are_worked_out_once() -> None:
    with mock_aws(), patch.object(answers, "_names", wraps=answers._names) as names, install_answers():
        items("first")
        names.reset_mock()
        boto3.client("dynamodb").get_item(TableName="first", Key={"pk": {"S": "a"}}, ReturnConsumedCapacity="TOTAL")

    assert names.call_count == 0

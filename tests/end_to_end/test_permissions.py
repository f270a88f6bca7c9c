"""Each function's role against the calls it really made: nothing was refused, and what was not used has a reason."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_cloud.iam.usage import Use, denied, unused
from tests.end_to_end.admin_api import AdminApi, operations
from tests.end_to_end.deployments import Deployment, until
from tests.end_to_end.operators import experiment, release_halfway
from tests.end_to_end.test_feedback import is_indexed, say, table_of
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import SAMPLE, ask_for

KEY = "asked by DynamoDB on the caller's behalf: the table's key is ours"
LAMBDA = "done by Lambda itself, with the function's role"
ALWAYS = {
    "logs:CreateLogStream": LAMBDA,
    "logs:PutLogEvents": LAMBDA,
    "xray:PutTelemetryRecords": LAMBDA,
    "xray:PutTraceSegments": LAMBDA,
}
READING = {"kms:Decrypt": KEY, "kms:DescribeKey": KEY}
WRITING = {"kms:Encrypt": KEY, "kms:GenerateDataKey": KEY, "kms:ReEncryptFrom": KEY, "kms:ReEncryptTo": KEY}
CONSUMING = {
    f"sqs:{action}": LAMBDA
    for action in ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")
}
METRICS = "cloudwatch:GetMetricData"
LOST = "done by Lambda itself, with the function's role, to events whose looks failed again and again"
OLD = "once an hour, to what is left from more than a day ago"
BY_THE_HOUR = {
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListModels",
}  # used when minute 17 came while nobody released
FAILED = {f"sqs:{action}": LOST for action in ("GetQueueAttributes", "GetQueueUrl", "SendMessage")}
UNUSED = {
    "ReferencesWriter": {**ALWAYS, **READING, **WRITING},
    "Summarise": {**ALWAYS, **READING, **WRITING, **CONSUMING},
    "DriftJudgeDrift": {**ALWAYS, **READING, **WRITING, **FAILED},
    "Feedback": {**ALWAYS, **READING, **WRITING},
    "IndexPredictions": {**ALWAYS, **READING, **WRITING, **CONSUMING},
    "ReportUnmatched": {**ALWAYS, **READING, **WRITING},
    "Inference": {**ALWAYS, **READING},
    "EndpointConfig": {
        **ALWAYS,
        "sagemaker:DescribeModel": "when a later deploy finds live variants",
        "sagemaker:DeleteEndpointConfig": "when a later deploy replaced the config, or the stack goes",
    },
    "Routing": {**ALWAYS, **READING, **WRITING, "dynamodb:DeleteItem": "when the stack goes"},
}
UNUSED_BY_RELEASES = {
    "Control": {**ALWAYS, **READING, **WRITING},
    "ControllerReconcile": {
        **ALWAYS,
        **READING,
        **WRITING,
        **FAILED,
        "sagemaker:DeleteEndpointConfig": OLD,
        "sagemaker:DeleteModel": OLD,
    },
}


def functions(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """The deployed functions by the part of their names that we gave them."""
    found = client(deployment, "lambda").list_functions()["Functions"]
    return {re.sub(r"^sluice-\w+-(.*)Function[0-9A-F]{8}-.*", r"\1", each["FunctionName"]): each for each in found}


def statements(deployment: Deployment, function: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What its role allows, as deployed."""
    iam, role = client(deployment, "iam"), function["Role"].rsplit("/", 1)[-1]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield from iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        yield from document["Statement"]


def uses(deployment: Deployment, function: dict[str, Any]) -> list[Use]:
    """What its workers asked for, as their IAM guards logged it."""
    log = deployment.folder / f".sluice/logs/permissions/{function['FunctionName']}.jsonl"
    return [Use(*json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def worked(deployment: Deployment) -> Deployment:
    """The deployment after each function of it has done all that it ever does."""
    (answer,) = ask_for(deployment, ["unit"])
    assert answer.is_success
    prediction_id = answer.headers["x-sluice-prediction-id"]
    say(deployment, {"feedback": [{"prediction_id": each, "reward": 1} for each in (prediction_id, "never-made")]})
    s3, lambda_ = client(deployment, "s3"), client(deployment, "lambda")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "-databucketdata" in each["Name"])
    s3.put_object(Bucket=bucket, Key="captures/sluice-flights/champion/2026/11/21/09/unreadable.jsonl", Body=b"{")
    hour = {"S": f"WAITING#{datetime.now(UTC) - timedelta(hours=26):%Y-%m-%dT%H}"}
    pointer = {"pk": hour, "sk": {"S": "never-made"}}
    client(deployment, "dynamodb").put_item(TableName=table_of(deployment), Item=pointer)
    lambda_.invoke(FunctionName=functions(deployment)["ReportUnmatched"]["FunctionName"], Payload=b"{}")
    until(lambda: is_indexed(deployment, prediction_id), seconds=120, what="the index of the prediction")
    until(lambda: joins_early_feedback(deployment), seconds=120, what="feedback before its prediction", every=5)
    say(deployment, {"prediction_id": prediction_id, "reward": 1, "name": "late"})
    until(lambda: "sqs:SendMessage" in asked_by(deployment, "IndexPredictions"), seconds=120, what="a dead letter")
    say_a_label(deployment)
    until(lambda: tells_of_drift(deployment), seconds=150, what="a drift, and a label counted", every=10)
    return deployment


def joins_early_feedback(deployment: Deployment) -> bool:
    """Say something about a prediction at once: it waits for the prediction, unless the machine is slow."""
    (answer,) = ask_for(deployment, ["unit"])
    say(deployment, {"prediction_id": answer.headers["x-sluice-prediction-id"], "reward": 1})
    return "dynamodb:Query" in asked_by(deployment, "IndexPredictions")


def say_a_label(deployment: Deployment) -> None:
    """The true class of one flight, which is counted once its prediction is on record."""
    one = json.dumps({"instances": json.loads(SAMPLE)["instances"][:1]}).encode()
    (answer,) = ask_for(deployment, ["unit"], one)
    say(deployment, {"prediction_id": answer.headers["x-sluice-prediction-id"], "label": 1})


def tells_of_drift(deployment: Deployment) -> bool:
    """Ask about the same two flights some more, which no reference expects, and have it looked at."""
    ask_for(deployment, [f"unit-{number}" for number in range(60)])
    judge = functions(deployment)["DriftJudgeDrift"]["FunctionName"]
    client(deployment, "lambda").invoke(FunctionName=judge, Payload=json.dumps({"model": "flights"}))
    needed, told = {"sqs:SendMessage", "dynamodb:PutItem"}, {"events:PutEvents", "dynamodb:DeleteItem"}
    return needed <= asked_by(deployment, "Summarise") and told <= asked_by(deployment, "DriftJudgeDrift")


def asked_by(deployment: Deployment, name: str) -> set[str]:
    """The actions a function has needed so far."""
    return {use.action for use in uses(deployment, functions(deployment)[name])}


@pytest.fixture(scope="module")
def released(releasing: Deployment) -> AdminApi:
    """The admin API after operators, and the controller with them, have done about releases what takes no hours."""
    api = AdminApi(releasing)
    release_halfway(releasing, api, has_evidence=lambda: METRICS in asked_by(releasing, "ControllerReconcile"))
    return api


@pytest.fixture(scope="module")
def experimented(deployment: Deployment) -> AdminApi:
    """The admin API after an experiment."""
    api, lambda_ = AdminApi(deployment), client(deployment, "lambda")
    controller = functions(deployment)["ControllerReconcile"]["FunctionName"]
    experiment(api, look=lambda: lambda_.invoke(FunctionName=controller, InvocationType="Event", Payload=b"{}"))
    return api


@pytest.mark.parametrize("name", sorted(UNUSED))
def test_a_role_grants_what_its_function_does_and_nothing_without_a_reason(worked: Deployment, name: str) -> None:
    function = functions(worked)[name]
    made = uses(worked, function)

    assert made
    assert denied(made) == []
    assert unused(statements(worked, function), made) == sorted(UNUSED[name])


@pytest.mark.parametrize("name", sorted(UNUSED_BY_RELEASES))
def test_a_role_grants_what_releases_take_and_nothing_without_a_reason(
    releasing: Deployment, released: AdminApi, name: str
) -> None:
    function = functions(releasing)[name]
    made = uses(releasing, function)

    assert denied(made) == []
    assert set(unused(statements(releasing, function), made)) - BY_THE_HOUR == set(UNUSED_BY_RELEASES[name])
    assert released.asked == {(method, path) for method, path in operations() if "/experiments" not in path}


def test_experiments_need_no_more_than_releases(deployment: Deployment, experimented: AdminApi) -> None:
    for name in UNUSED_BY_RELEASES:
        assert denied(uses(deployment, functions(deployment)[name])) == []
    assert experimented.asked == {(method, path) for method, path in operations() if "/experiments" in path}


def test_every_function_is_examined(deployment: Deployment) -> None:
    assert set(functions(deployment)) == {*UNUSED, *UNUSED_BY_RELEASES}

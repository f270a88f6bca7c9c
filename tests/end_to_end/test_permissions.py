"""Each function's role against the calls it really made: nothing was refused, and what was not used has a reason."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.iam.usage import Use, denied, unused
from tests.end_to_end.deployments import Deployment
from tests.end_to_end.test_prediction import client
from tests.end_to_end.traffic import ask_for, variants

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
UNUSED = {
    "Inference": {**ALWAYS, **READING},
    "EndpointConfig": {
        **ALWAYS,
        "sagemaker:DescribeModel": "when a later deploy finds live variants",
        "sagemaker:DeleteEndpointConfig": "when a later deploy replaced the config, or the stack goes",
    },
    "Routing": {**ALWAYS, **READING, **WRITING, "dynamodb:DeleteItem": "when the stack goes"},
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


@pytest.mark.parametrize("name", sorted(UNUSED))
def test_a_role_grants_what_its_function_does_and_nothing_without_a_reason(deployment: Deployment, name: str) -> None:
    variants(ask_for(deployment, ["unit"]))
    function = functions(deployment)[name]
    made = uses(deployment, function)

    assert made
    assert denied(made) == []
    assert unused(statements(deployment, function), made) == sorted(UNUSED[name])


def test_every_function_is_examined(deployment: Deployment) -> None:
    assert set(functions(deployment)) == set(UNUSED)

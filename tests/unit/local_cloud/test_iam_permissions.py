import re
from typing import Any

import boto3
import pytest

from local_cloud.iam.operations import CONTEXT_KEYS, RULES
from local_cloud.iam.permissions import Call, required

ACCOUNT, REGION = "123456789012", "us-east-1"
HERE = f"{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"
#: Services whose clients have another name than IAM's prefix.
CLIENTS = {"sagemaker": ("sagemaker", "sagemaker-runtime"), "dynamodb": ("dynamodb", "dynamodbstreams")}


def needs(service: str, operation: str, **parameters: Any) -> list[tuple[str, str]]:
    return [(one.action, one.resource) for one in required(Call(service, operation, parameters, ACCOUNT, REGION))]


def table(name: str) -> str:
    return f"arn:aws:dynamodb:{HERE}:table/{name}"


def sagemaker(name: str) -> str:
    return f"arn:aws:sagemaker:{HERE}:{name}"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("dynamodb", "PutItem", {"TableName": "t"}, [("dynamodb:PutItem", table("t"))]),
        ("dynamodb", "PutItem", {"TableName": table("t")}, [("dynamodb:PutItem", table("t"))]),
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, [("dynamodb:Query", table("t/index/i"))]),
        ("dynamodb", "Query", {"TableName": table("t"), "IndexName": "i"}, [("dynamodb:Query", table("t/index/i"))]),
        (
            "dynamodb",
            "BatchGetItem",
            {"RequestItems": {"a": {}, "b": {}}},
            [("dynamodb:BatchGetItem", table("a")), ("dynamodb:BatchGetItem", table("b"))],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
            [("dynamodb:PutItem", table("a")), ("dynamodb:ConditionCheckItem", table("b"))],
        ),
        (
            "sagemaker",
            "InvokeEndpoint",
            {"EndpointName": "MyEndpoint"},
            [("sagemaker:InvokeEndpoint", sagemaker("endpoint/myendpoint"))],
        ),
        (
            "sagemaker",
            "UpdateEndpoint",
            {"EndpointName": "e", "EndpointConfigName": "c"},
            [
                ("sagemaker:UpdateEndpoint", sagemaker("endpoint/e")),
                ("sagemaker:UpdateEndpoint", sagemaker("endpoint-config/c")),
            ],
        ),
        (
            "sagemaker",
            "CreateModel",
            {"ModelName": "m", "ExecutionRoleArn": ROLE, "Tags": [{"Key": "k", "Value": "v"}]},
            [
                ("sagemaker:CreateModel", sagemaker("model/m")),
                ("iam:PassRole", ROLE),
                ("sagemaker:AddTags", sagemaker("model/m")),
            ],
        ),
        (
            "sagemaker",
            "CreateEndpointConfig",
            {"EndpointConfigName": "c"},
            [("sagemaker:CreateEndpointConfig", sagemaker("endpoint-config/c"))],
        ),
        (
            "sagemaker",
            "CreateModelPackage",
            {"ModelPackageGroupName": "g"},
            [
                ("sagemaker:CreateModelPackage", sagemaker("model-package/g/*")),
                ("sagemaker:CreateModelPackage", sagemaker("model-package-group/g")),
            ],
        ),
        ("s3", "GetObject", {"Bucket": "b", "Key": "k/x"}, [("s3:GetObject", "arn:aws:s3:::b/k/x")]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", "arn:aws:s3:::b/k")]),
        (
            "s3",
            "GetObject",
            {"Bucket": "b", "Key": "k", "VersionId": "1"},
            [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "p"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("s3", "UploadPart", {"Bucket": "b", "Key": "k"}, [("s3:PutObject", "arn:aws:s3:::b/k")]),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": "from", "Key": "x"}},
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::from/x")],
        ),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": "from/x"},
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::from/x")],
        ),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y", "VersionId": "1"}]}},
            [("s3:DeleteObject", "arn:aws:s3:::b/x"), ("s3:DeleteObjectVersion", "arn:aws:s3:::b/y")],
        ),
        (
            "sqs",
            "SendMessageBatch",
            {"QueueUrl": f"http://localhost:5000/{ACCOUNT}/queue"},
            [("sqs:SendMessage", f"arn:aws:sqs:{HERE}:queue")],
        ),
        (
            "lambda",
            "Invoke",
            {"FunctionName": "f", "Qualifier": "live"},
            [("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:f:live")],
        ),
        (
            "logs",
            "PutLogEvents",
            {"logGroupName": "/g", "logStreamName": "s"},
            [("logs:PutLogEvents", f"arn:aws:logs:{HERE}:log-group:/g:log-stream:s")],
        ),
        (
            "events",
            "PutEvents",
            {"Entries": [{"Source": "sluice"}]},
            [("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default")],
        ),
        (
            "events",
            "PutTargets",
            {"Rule": "r", "Targets": [{"Id": "1", "Arn": "a"}]},
            [("events:PutTargets", f"arn:aws:events:{HERE}:rule/r")],
        ),
        ("cloudwatch", "PutMetricData", {"Namespace": "Sluice"}, [("cloudwatch:PutMetricData", "*")]),
        ("cloudwatch", "DescribeAlarms", {}, [("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:*")]),
        ("cloudwatch", "GetMetricData", {}, [("cloudwatch:GetMetricData", "*")]),
        (
            "cloudwatch",
            "DescribeAlarms",
            {"AlarmNames": ["a"], "AlarmTypes": ["MetricAlarm"]},
            [("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:a")],
        ),
        (
            "cloudwatch",
            "DescribeAlarms",
            {"AlarmNames": ["a"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
            [("cloudwatch:DescribeAlarms", "*")],
        ),
        ("sagemaker", "ListModels", {}, [("sagemaker:ListModels", "*")]),
        (
            "sagemaker",
            "DescribeModelPackage",
            {"ModelPackageName": sagemaker("model-package/g/1")},
            [("sagemaker:DescribeModelPackage", sagemaker("model-package/g/1"))],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Update": {"TableName": "a"}}, {"Delete": {"TableName": "a"}}]},
            [("dynamodb:UpdateItem", table("a")), ("dynamodb:DeleteItem", table("a"))],
        ),
        ("ssm", "CreateOpsItem", {"Title": "t"}, [("ssm:CreateOpsItem", "*")]),
        ("ssm", "GetOpsItem", {"OpsItemId": "oi-1"}, [("ssm:GetOpsItem", f"arn:aws:ssm:{HERE}:opsitem/oi-1")]),
        (
            "scheduler",
            "CreateSchedule",
            {"Name": "s", "Target": {"RoleArn": ROLE}},
            [("scheduler:CreateSchedule", f"arn:aws:scheduler:{HERE}:schedule/default/s"), ("iam:PassRole", ROLE)],
        ),
        ("kms", "Decrypt", {"CiphertextBlob": b""}, [("kms:Decrypt", f"arn:aws:kms:{HERE}:key/*")]),
        ("sts", "GetCallerIdentity", {}, []),
        ("secretsmanager", "GetSecretValue", {"SecretId": "x"}, [("secretsmanager:GetSecretValue", "*")]),
        ("dynamodb", "SomethingNew", {"TableName": "t"}, [("dynamodb:SomethingNew", "*")]),
    ],
)
def test_a_call_needs_what_the_service_authorization_reference_says(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert needs(service, operation, **parameters) == expected


def test_condition_keys_come_from_the_call() -> None:
    parameters = {"Namespace": "Sluice", "MetricData": []}

    [need] = required(Call("cloudwatch", "PutMetricData", parameters, ACCOUNT, REGION))

    assert need.context["cloudwatch:namespace"] == ["Sluice"]
    assert need.context["aws:RequestedRegion"] == [REGION]


@pytest.mark.parametrize("service", sorted(RULES))
def test_the_table_names_operations_and_parameters_that_exist(service: str) -> None:
    """A typing error in it would silently ask for another resource."""
    inputs = inputs_of(service)

    for rule in RULES[service]:
        for operation in rule.operations.split():
            alternatives = [parameters_of(template) for template in rule.resource.split(" | ")]
            assert any(parameters <= inputs[operation] for parameters in alternatives), f"{operation}: {rule.resource}"
            assert parameters_of(f"{{{rule.when}}}") <= inputs[operation], f"{operation}: {rule.when}"
    for of_service, operation in CONTEXT_KEYS:
        assert of_service != service or operation in inputs


def parameters_of(template: str) -> set[str]:
    """The first alternative's parameter of each placeholder; literals in quotes are none."""
    expressions = re.findall(r"{([^{}]+)}", template)
    return {found[0] for one in expressions if (found := re.findall(r"^!?([A-Za-z]+)", one))}


def inputs_of(service: str) -> dict[str, set[str]]:
    """The parameters of every operation of the service's clients."""
    clients = [boto3.client(name, region_name=REGION) for name in CLIENTS.get(service, (service,))]
    models = [client.meta.service_model for client in clients]
    shapes = {name: model.operation_model(name).input_shape for model in models for name in model.operation_names}
    return {name: set(shape.members) if shape else set() for name, shape in shapes.items()}

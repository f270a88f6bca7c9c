import json
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from local_cloud.iam.guard import Guard, attach
from local_cloud.iam.usage import UsageLog, Use
from local_cloud.processes import free_port

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/state"
ALLOW_PUT = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": TABLE}

IN_ITS_OWN_PROCESS = """
import json, sys
import boto3
from botocore.exceptions import ClientError
from local_cloud.iam import guard

boto3.setup_default_session(region_name="us-east-1")
guard.install(json.loads(sys.argv[1]), account="123456789012", region="us-east-1")
keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
for client in (boto3.client("dynamodb", **keys), boto3.session.Session().client("dynamodb", **keys)):
    try:
        client.delete_item(TableName="state", Key={"pk": {"S": "x"}})
    except ClientError as error:
        print(error.response["Error"]["Code"])
"""


def a_guarded_session(*statements: dict[str, Any], log: UsageLog) -> boto3.Session:
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    guard = Guard(statements, account="123456789012", region="us-east-1", principal="Role/front", on_call=log.record)
    attach(guard, session)
    return session


def a_client(session: boto3.Session, service: str) -> Any:
    nobody = f"http://127.0.0.1:{free_port()}"
    return session.client(service, endpoint_url=nobody, config=Config(retries={"total_max_attempts": 1}))


def test_an_allowed_call_leaves_the_process() -> None:
    log = UsageLog()
    dynamodb = a_client(a_guarded_session(ALLOW_PUT, log=log), "dynamodb")

    with pytest.raises(EndpointConnectionError):
        dynamodb.put_item(TableName="state", Item={})

    assert log.uses == [Use("dynamodb:PutItem", TABLE, allowed=True)]


def test_a_refused_call_says_who_lacks_which_action_on_what() -> None:
    log = UsageLog()
    dynamodb = a_client(a_guarded_session(ALLOW_PUT, log=log), "dynamodb")

    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": "state", "Item": {}}}, {"Delete": {"TableName": "state", "Key": {}}}]
        )

    assert caught.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": (
            "User: arn:aws:sts::123456789012:assumed-role/Role/front is not authorized to perform: "
            f"dynamodb:DeleteItem on resource: {TABLE} "
            "because no identity-based policy allows the dynamodb:DeleteItem action"
        ),
    }
    assert log.uses[-1] == Use("dynamodb:DeleteItem", TABLE, allowed=False)


def test_s3_refuses_in_its_own_words() -> None:
    s3 = a_client(a_guarded_session(ALLOW_PUT, log=UsageLog()), "s3")

    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket="b", Key="k")

    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_metric_namespace_is_the_one_of_the_condition() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Sluice"}},
    }
    cloudwatch = a_client(a_guarded_session(statement, log=UsageLog()), "cloudwatch")

    with pytest.raises(EndpointConnectionError):
        cloudwatch.put_metric_data(Namespace="Sluice", MetricData=[])
    with pytest.raises(ClientError):
        cloudwatch.put_metric_data(Namespace="Other", MetricData=[])


def test_an_installed_guard_sees_clients_of_sessions_old_and_new() -> None:
    child = subprocess.run(
        [sys.executable, "-c", IN_ITS_OWN_PROCESS, json.dumps([ALLOW_PUT])], capture_output=True, text=True, check=True
    )

    assert child.stdout.split() == ["AccessDeniedException", "AccessDeniedException"]

"""Model packages: what is kept when one changes, and which events tell of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.events import Events
from local_cloud.functions.invocation import Invocation
from tests.functional.local_cloud.sagemaker_builders import SageMakerCloud, a_sagemaker_cloud, eventually

SPECIFICATION = {
    "Containers": [{"Image": "sluice", "ModelDataUrl": "s3://models/flights/model.tar.gz"}],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}


def _no_function(_: str, __: bytes) -> Invocation:
    return Invocation(b"null")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageMakerCloud]:
    with a_sagemaker_cloud(tmp_path_factory.mktemp("packages")) as running:
        events = Events(running.context, invoke=_no_function)
        events.install()
        events.start()
        running.client("sqs").create_queue(QueueName="packages")
        pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model Package State Change"]}
        running.client("events").put_rule(Name="packages", EventPattern=json.dumps(pattern))
        target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:packages"}
        running.client("events").put_targets(Rule="packages", Targets=[target])
        running.control.create_model_package_group(ModelPackageGroupName="flights")
        yield running
        events.stop()


def told(cloud: SageMakerCloud) -> list[dict[str, Any]]:
    """The details of the next events; taken out of the queue."""

    queues = cloud.client("sqs")
    url = queues.get_queue_url(QueueName="packages")["QueueUrl"]

    def received() -> list[dict[str, Any]]:
        found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"])["detail"] for message in found]

    return eventually(received)


def a_package(cloud: SageMakerCloud, **over: Any) -> str:
    package = {
        "ModelPackageGroupName": "flights",
        "InferenceSpecification": SPECIFICATION,
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": {"trainedBy": "pipeline", "version": "2"},
        **over,
    }
    return str(cloud.control.create_model_package(**package)["ModelPackageArn"])


def test_a_new_version_and_its_approval_are_announced(cloud: SageMakerCloud) -> None:
    arn = a_package(cloud)
    (created,) = told(cloud)

    cloud.control.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="looks good"
    )
    (approved,) = told(cloud)

    assert (created["ModelPackageArn"], created["ModelApprovalStatus"]) == (arn, "PendingManualApproval")
    assert "UpdatedModelPackageFields" not in created
    assert created["CreationTime"] == f"{cloud.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert approved["ModelApprovalStatus"] == "Approved"
    assert approved["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert approved["ModelPackageGroupName"] == "flights"
    assert isinstance(approved["ModelPackageVersion"], int)
    assert approved["InferenceSpecification"]["Containers"][0]["ModelDataUrl"].endswith("model.tar.gz")


def test_an_update_changes_what_it_names_and_nothing_else(cloud: SageMakerCloud) -> None:
    arn = a_package(cloud, ModelApprovalStatus="Approved")
    described = cloud.control.describe_model_package(ModelPackageName=arn)

    cloud.control.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"version": "3", "owner": "ml"},
        CustomerMetadataPropertiesToRemove=["trainedBy"],
    )

    after = cloud.control.describe_model_package(ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"trainedBy": "pipeline", "version": "2"}
    assert after["CustomerMetadataProperties"] == {"version": "3", "owner": "ml"}
    assert after["ModelApprovalStatus"] == "Approved"
    assert told(cloud)[-1]["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]


def test_an_unknown_package_and_a_change_that_is_not_known_are_refused(cloud: SageMakerCloud) -> None:
    with pytest.raises(ClientError, match="not found"):
        cloud.control.update_model_package(
            ModelPackageArn="arn:aws:sagemaker:us-east-1:123456789012:model-package/x/1", ModelApprovalStatus="Approved"
        )
    with pytest.raises(ClientError, match="SourceUri"):
        cloud.control.update_model_package(ModelPackageArn=a_package(cloud), SourceUri="s3://x")

"""A pipeline in a stack: created, updated in place, deleted, and refused when its definition is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker import SageMaker
from tests.functional.local_cloud.cloudformation_builders import Stacks, a_cloud_with_stacks
from tests.functional.local_cloud.job_builders import TRUST
from tests.functional.local_cloud.pipeline_builders import a_definition, a_failing_step

ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    home = tmp_path_factory.mktemp("cloud")
    with a_cloud_with_stacks(home) as running:
        sagemaker = SageMaker(running.context)
        try:
            sagemaker.install()
            yield running
        finally:
            sagemaker.stop()


def a_pipeline(name: str, definition: dict[str, Any], **properties: Any) -> dict[str, Any]:
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    declared = {"PipelineName": name, "PipelineDefinition": definition, "RoleArn": role, **properties}
    return {"Role": ROLE, "Pipeline": {"Type": "AWS::SageMaker::Pipeline", "Properties": declared}}


def a_body(message: str) -> dict[str, Any]:
    return {"PipelineDefinitionBody": a_definition(a_failing_step(message))}


def described(stacks: Stacks, name: str) -> dict[str, Any]:
    found: dict[str, Any] = stacks.context.client("sagemaker").describe_pipeline(PipelineName=name)
    return found


def test_a_pipeline_comes_changes_and_goes_with_its_stack(stacks: Stacks) -> None:
    limit = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": "2"}}
    created = stacks.put("pipeline", a_pipeline("trains", a_body("one"), Tags=[{"Key": "a", "Value": "b"}], **limit))
    before = described(stacks, "trains")
    updated = stacks.put("pipeline", a_pipeline("trains", a_body("two"), PipelineDescription="new"))
    after = described(stacks, "trains")

    assert (created["StackStatus"], updated["StackStatus"]) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert stacks.physical("pipeline", "Pipeline") == "trains"
    assert before["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert json.loads(after["PipelineDefinition"])["Steps"][0]["Arguments"] == {"ErrorMessage": "two"}
    assert after["PipelineDescription"] == "new"
    assert stacks.delete("pipeline") == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="does not exist"):
        described(stacks, "trains")


def test_a_definition_in_s3_is_read(stacks: Stacks) -> None:
    s3 = stacks.context.client("s3")
    s3.create_bucket(Bucket="definitions")
    s3.put_object(Bucket="definitions", Key="d.json", Body=a_definition(a_failing_step("stored")).encode())
    location = {"PipelineDefinitionS3Location": {"Bucket": "definitions", "Key": "d.json"}}

    stacks.put("stored", a_pipeline("stored", location))

    assert "stored" in described(stacks, "stored")["PipelineDefinition"]


def test_a_wrong_definition_fails_the_stack(stacks: Stacks) -> None:
    stack = stacks.put("wrong", a_pipeline("wrong", {"PipelineDefinitionBody": "{}"}))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Unable to parse pipeline definition" in stacks.reason("wrong", "Pipeline")

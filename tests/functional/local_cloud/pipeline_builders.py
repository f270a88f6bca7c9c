"""Pipelines of a local SageMaker, and executions until they end."""

import json
import uuid
from typing import Any

from tests.functional.local_cloud.job_builders import a_processing, a_role, a_training
from tests.functional.local_cloud.sagemaker_builders import SageMakerCloud, eventually

PIPELINE_ROLE = "arn:aws:iam::123456789012:role/pipelines"


def the_pipeline_role(cloud: SageMakerCloud) -> None:
    a_role(cloud, "pipelines", "sagemaker:*", "iam:PassRole", "s3:GetObject", "lambda:InvokeFunction")


def a_training_step(name: str = "train", program: str = "learn", **over: Any) -> dict[str, Any]:
    arguments = a_training("x", program)
    del arguments["TrainingJobName"]
    step: dict[str, Any] = {key: over.pop(key) for key in ("DependsOn", "RetryPolicies") if key in over}
    return {"Name": name, "Type": "Training", "Arguments": {**arguments, **over}, **step}


def an_evaluation_step(report: Any, name: str = "evaluate", **over: Any) -> dict[str, Any]:
    """It writes ``report``, as JSON text or a reference to one, into report.json."""
    arguments = a_processing(name, Environment={"REPORT": report})
    del arguments["ProcessingJobName"]
    file = {"PropertyFileName": "Report", "OutputName": "made", "FilePath": "report.json"}
    return {"Name": name, "Type": "Processing", "Arguments": arguments, "PropertyFiles": [file], **over}


def a_read(path: str, step: str = "evaluate") -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": f"Steps.{step}.PropertyFiles.Report"}, "Path": path}}


def a_condition_step(left: Any, right: Any, then: list[Any], otherwise: list[Any], **over: Any) -> dict[str, Any]:
    condition = {"Type": "GreaterThanOrEqualTo", "LeftValue": left, "RightValue": right}
    arguments = {"Conditions": [condition], "IfSteps": then, "ElseSteps": otherwise, **over}
    return {"Name": "gate", "Type": "Condition", "Arguments": arguments}


def a_registration_step(**over: Any) -> dict[str, Any]:
    container = {"Image": "sluice", "ModelDataUrl": {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}}
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    arguments = {"ModelPackageGroupName": "flights", "InferenceSpecification": specification}
    return {"Name": "register", "Type": "RegisterModel", "Arguments": {**arguments, **over}}


def a_failing_step(message: Any = "not good enough", name: str = "refuse") -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def a_definition(*steps: Any, parameters: Any = (), **over: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps), **over})


def a_pipeline(cloud: SageMakerCloud, name: str, definition: str, **over: Any) -> str:
    request = {"PipelineName": name, "PipelineDefinition": definition, "RoleArn": PIPELINE_ROLE, **over}
    return str(cloud.control.create_pipeline(ClientRequestToken=a_token(), **request)["PipelineArn"])


def a_token() -> str:
    return uuid.uuid4().hex


def started(cloud: SageMakerCloud, pipeline: str, token: str | None = None, **parameters: str) -> str:
    """The execution's ARN."""
    given = [{"Name": name, "Value": value} for name, value in parameters.items()]
    answer = cloud.control.start_pipeline_execution(
        PipelineName=pipeline, PipelineParameters=given, ClientRequestToken=token or a_token()
    )
    return str(answer["PipelineExecutionArn"])


def run(cloud: SageMakerCloud, name: str, *steps: Any, parameters: Any = (), **given: str) -> str:
    """Create a pipeline and run it to its end; the execution's ARN."""
    a_pipeline(cloud, name, a_definition(*steps, parameters=parameters))
    execution = started(cloud, name, **given)
    ended(cloud, execution)
    return execution


def ended(cloud: SageMakerCloud, execution: str) -> dict[str, Any]:
    """The execution once it is over."""

    def found() -> dict[str, Any] | None:
        described: dict[str, Any] = cloud.control.describe_pipeline_execution(PipelineExecutionArn=execution)
        return None if described["PipelineExecutionStatus"] in ("Executing", "Stopping") else described

    over = eventually(found, within_seconds=120)
    assert over is not None, steps_of(cloud, execution)
    return over


def steps_of(cloud: SageMakerCloud, execution: str) -> dict[str, dict[str, Any]]:
    """Its steps by name, in the order of their starts."""
    listed = cloud.control.list_pipeline_execution_steps(
        PipelineExecutionArn=execution, SortOrder="Ascending", MaxResults=100
    )
    return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


def statuses(cloud: SageMakerCloud, execution: str) -> dict[str, str]:
    return {name: step["StepStatus"] for name, step in steps_of(cloud, execution).items()}

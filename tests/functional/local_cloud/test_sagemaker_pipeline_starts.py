"""Pipelines that schedules and rules start, and that start functions."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local_cloud.context import ACCOUNT
from local_cloud.events import Events
from local_cloud.sagemaker import SageMaker
from tests.functional.local_cloud.function_builders import LambdaCloud, a_lambda_cloud, eventually
from tests.functional.local_cloud.job_builders import TRUST
from tests.functional.local_cloud.pipeline_builders import a_condition_step, a_definition, a_failing_step, a_token

SPEED = 120  # a minute of the cloud is half a second
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:pipeline"
REASON = {"Name": "Reason", "Type": "String", "DefaultValue": "nobody asked"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaCloud]:
    with a_lambda_cloud(tmp_path_factory.mktemp("starts"), speed=SPEED) as running:
        sagemaker = SageMaker(running.context)
        events = Events(running.context, invoke=running.functions.invoke)
        try:
            sagemaker.install()
            events.install()
            events.start()
            iam = running.client("iam")
            iam.create_role(RoleName="pipelines", AssumeRolePolicyDocument=json.dumps(TRUST))
            allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
            iam.put_role_policy(RoleName="pipelines", PolicyName="p", PolicyDocument=document)
            running.a_role("starter", [{"Action": "sagemaker:StartPipelineExecution", "Resource": f"{ARN}/*"}])
            yield running
        finally:
            events.stop()
            sagemaker.stop()


def a_pipeline(cloud: LambdaCloud, name: str, *steps: dict[str, Any]) -> str:
    definition = a_definition(*steps, parameters=[REASON])
    role = f"arn:aws:iam::{ACCOUNT}:role/pipelines"
    answer = cloud.client("sagemaker").create_pipeline(
        PipelineName=name, PipelineDefinition=definition, RoleArn=role, ClientRequestToken=a_token()
    )
    return str(answer["PipelineArn"])


def a_target(pipeline: str, role: str = "starter", **parameters: str) -> dict[str, Any]:
    given = [{"Name": name, "Value": value} for name, value in parameters.items()]
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    return {"Arn": pipeline, "RoleArn": arn, "SageMakerPipelineParameters": {"PipelineParameterList": given}}


def executions(cloud: LambdaCloud, pipeline: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("sagemaker").list_pipeline_executions(PipelineName=pipeline)[
        "PipelineExecutionSummaries"
    ]
    return found


def reasons(cloud: LambdaCloud, pipeline: str) -> list[str]:
    """Why the executions failed at their only step, newest first."""
    client = cloud.client("sagemaker")
    steps = [
        client.list_pipeline_execution_steps(PipelineExecutionArn=each["PipelineExecutionArn"])[
            "PipelineExecutionSteps"
        ]
        for each in executions(cloud, pipeline)
    ]
    return [step.get("FailureReason", "") for own in steps for step in own]


def test_a_schedule_starts_a_pipeline_with_its_parameters_by_the_clouds_clock(cloud: LambdaCloud) -> None:
    pipeline = a_pipeline(cloud, "scheduled", a_failing_step({"Get": "Parameters.Reason"}))
    declared = cloud.context.clock.now()
    cloud.client("scheduler").create_schedule(
        Name="retrain",
        ScheduleExpression="rate(5 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=a_target(pipeline, Reason="the schedule"),
    )

    assert eventually(lambda: executions(cloud, "scheduled"), within_seconds=60)

    cloud.client("scheduler").update_schedule(
        Name="retrain",
        ScheduleExpression="rate(5 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=a_target(pipeline),
        State="DISABLED",
    )
    assert executions(cloud, "scheduled")[-1]["StartTime"] - declared >= timedelta(minutes=5)
    assert eventually(lambda: reasons(cloud, "scheduled"))[-1] == "the schedule"


def test_a_rule_starts_a_pipeline_when_its_event_comes(cloud: LambdaCloud) -> None:
    pipeline = a_pipeline(cloud, "ruled", a_failing_step({"Get": "Parameters.Reason"}))
    client = cloud.client("events")
    client.put_rule(Name="drifted", EventPattern=json.dumps({"source": ["sluice"], "detail-type": ["Drifted"]}))
    client.put_targets(Rule="drifted", Targets=[{"Id": "1", **a_target(pipeline, Reason="drift")}])

    client.put_events(Entries=[{"Source": "sluice", "DetailType": "Drifted", "Detail": "{}"}])

    assert eventually(lambda: any(reasons(cloud, "ruled")))
    assert reasons(cloud, "ruled") == ["drift"]


@pytest.mark.parametrize(
    ("name", "target", "says"),
    [
        ("no-pipeline", a_target(f"{ARN}/none"), "does not exist"),
        ("unknown", a_target(f"{ARN}/buried", Nothing="1"), "not defined in the pipeline"),
        ("not-allowed", a_target(f"{ARN}/buried", role="nobody"), "not authorized to perform: sagemaker:StartPipeline"),
        ("no-role", {"Arn": f"{ARN}/buried"}, "needs a RoleArn"),
    ],
)
def test_a_pipeline_that_cannot_be_started_is_buried(
    cloud: LambdaCloud, name: str, target: dict[str, Any], says: str
) -> None:
    if name == "unknown":
        a_pipeline(cloud, "buried", a_failing_step())
    url, queue = cloud.a_queue(f"dead-{name}")
    client = cloud.client("events")
    client.put_rule(Name=name, EventPattern=json.dumps({"source": ["sluice"], "detail-type": [name]}))
    client.put_targets(Rule=name, Targets=[{"Id": "1", **target, "DeadLetterConfig": {"Arn": queue}}])

    client.put_events(Entries=[{"Source": "sluice", "DetailType": name, "Detail": '{"kept": 1}'}])

    def dead() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            cloud.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])
        )
        return found

    (letter,) = eventually(dead)
    assert json.loads(letter["Body"])["detail"] == {"kept": 1}
    assert says in letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == target["Arn"]


def test_a_step_calls_a_function_and_others_use_its_answer(cloud: LambdaCloud) -> None:
    function = cloud.a_function("scorer", "def handler(event, context): return {'score': event['start'] + 1}")
    outputs = [{"OutputName": "score", "OutputType": "Integer"}]
    step = {
        "Name": "score",
        "Type": "Lambda",
        "FunctionArn": function,
        "Arguments": {"start": 41},
        "OutputParameters": outputs,
    }
    score = {"Get": "Steps.score.OutputParameters['score']"}
    a_pipeline(cloud, "calls", step, a_condition_step(score, 42, [], [a_failing_step()]))
    client = cloud.client("sagemaker")
    execution = client.start_pipeline_execution(PipelineName="calls", ClientRequestToken=a_token())

    def is_over() -> bool:
        status = client.describe_pipeline_execution(PipelineExecutionArn=execution["PipelineExecutionArn"])
        return bool(status["PipelineExecutionStatus"] != "Executing")

    assert eventually(is_over)
    listed = client.list_pipeline_execution_steps(
        PipelineExecutionArn=execution["PipelineExecutionArn"], SortOrder="Ascending"
    )["PipelineExecutionSteps"]
    assert [(each["StepName"], each["StepStatus"]) for each in listed] == [
        ("score", "Succeeded"),
        ("gate", "Succeeded"),
    ]
    assert listed[0]["Metadata"]["Lambda"]["OutputParameters"] == [{"Name": "score", "Value": "42"}]


def test_a_function_that_fails_fails_the_step(cloud: LambdaCloud) -> None:
    function = cloud.a_function("breaks", "def handler(event, context): raise ValueError('no luck')")
    a_pipeline(cloud, "breaks", {"Name": "call", "Type": "Lambda", "FunctionArn": function})

    cloud.client("sagemaker").start_pipeline_execution(PipelineName="breaks", ClientRequestToken=a_token())

    (reason,) = eventually(lambda: [each for each in reasons(cloud, "breaks") if each])
    assert "no luck" in reason

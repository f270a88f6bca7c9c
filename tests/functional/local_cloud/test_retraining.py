"""Retraining from its trigger to `sluice status`: the deployed function on the cloud's clock, its events, its role."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local_cloud.context import ACCOUNT
from local_cloud.events import Events
from local_cloud.sagemaker import SageMaker
from local_cloud.transactions import install_transactions
from sluice.aws import client as clients
from sluice.aws import table as state
from sluice.aws.retrainings import Retrainings
from sluice.domain.retraining.book import Book
from sluice.settings.functions import RetrainEnvironment
from sluice.settings.retraining import as_environment
from sluice.settings.retraining_policies import policies
from sluice.settings.source import parse
from tests.builders import a_store
from tests.functional.cli.operating import Operator
from tests.functional.local_cloud.function_builders import LambdaCloud, a_lambda_cloud, eventually
from tests.functional.local_cloud.job_builders import TRUST
from tests.functional.local_cloud.pipeline_builders import a_definition, a_token

ROOT = Path(__file__).parents[3]
SPEED = 120  # a minute of the cloud is half a second
PIPELINE = "sluice-flights-training"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:pipeline/{PIPELINE}"
REASON = {"Name": "Reason", "Type": "String", "DefaultValue": "nobody asked"}
VERSION = {"Name": "Version", "Type": "String"}
SETTINGS = """
models:
  flights:
    variants: {champion: {artifact: v1, weight: 100}}
    training: {program: "p:train", image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/t:1, label: late}
    retraining: {schedule: rate(5 minutes), cooldown_hours: 0}
"""
OUTPUTS = {
    "state": {"TableName": "state", "BucketName": "data"},
    "api": {"ApiUrl": "http://127.0.0.1:1"},
    "retraining": {"RetrainFunctionName": "retrain"},
}
WAITS = """import os, time
def handler(event, context):
    while not os.path.exists({gate!r}): time.sleep(0.02)
    raise ValueError("out of luck because " + event["why"])
"""
DRIFT = {"model": "flights", "version": "1", "since": "2026-11-21T01:00:00+00:00", "findings": [{"feature": "temp"}]}


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaCloud]:
    with a_lambda_cloud(tmp_path, speed=SPEED) as running, install_transactions():
        sagemaker = SageMaker(running.context)
        events = Events(running.context, invoke=running.functions.invoke)
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.context.aws_url)
        monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        forget_clients()
        try:
            sagemaker.install()
            sagemaker.start()
            events.install()
            events.start()
            yield running
        finally:
            events.stop()
            sagemaker.stop()
            forget_clients()


def forget_clients() -> None:
    """They know the endpoint of the cloud they were made for."""
    clients._session.cache_clear()
    state.patient_client.cache_clear()


def the_pipeline(cloud: LambdaCloud, gate: Path) -> None:
    """Its only step waits until there is a file, then fails."""
    function = cloud.a_function("waits", WAITS.format(gate=str(gate)))
    cloud.client("iam").create_role(RoleName="pipelines", AssumeRolePolicyDocument=json.dumps(TRUST))
    allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    cloud.client("iam").put_role_policy(RoleName="pipelines", PolicyName="p", PolicyDocument=document)
    why = {"why": {"Get": "Parameters.Reason"}}
    step = {"Name": "train", "Type": "Lambda", "FunctionArn": function, "Arguments": why}
    cloud.client("sagemaker").create_pipeline(
        PipelineName=PIPELINE,
        PipelineDefinition=a_definition(step, parameters=[REASON, VERSION]),
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/pipelines",
        ClientRequestToken=a_token(),
    )


def the_function(cloud: LambdaCloud) -> str:
    """As deployed: its code, its environment, its role."""
    files = {
        str(file.relative_to(ROOT)): file.read_text(encoding="utf-8")
        for part in ("sluice", "lambdas")
        for file in (ROOT / part).rglob("*.py")
    }
    told = as_environment(policies(parse(SETTINGS, Path("sluice.yaml"))))
    variables = RetrainEnvironment(table="state", retraining=told).to_environment()
    return cloud.a_function(
        "retrain",
        files=files,
        Handler="lambdas.retrain.handler",
        Environment={"Variables": variables},
        allow=[
            {"Action": ["sagemaker:ListPipelineExecutions", "sagemaker:StartPipelineExecution"], "Resource": ARN},
            {
                "Action": ["sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps"],
                "Resource": f"{ARN}/execution/*",
            },
            {"Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], "Resource": "*"},
        ],
    )


def the_triggers(cloud: LambdaCloud, function: str) -> None:
    rules = {
        "drift": {"source": ["sluice"], "detail-type": ["RetrainingRequested"], "detail": {"model": ["flights"]}},
        "changed": {
            "source": ["aws.sagemaker"],
            "detail-type": ["SageMaker Model Building Pipeline Execution Status Change"],
            "detail": {"pipelineArn": [{"prefix": ARN}]},
        },
    }
    for name, pattern in rules.items():
        cloud.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
        cloud.client("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": function}])
    cloud.client("scheduler").create_schedule(Name="flights", **the_schedule(function))


def the_schedule(function: str, **over: Any) -> dict[str, Any]:
    told = '{"model": "flights", "scheduled": "<aws.scheduler.scheduled-time>"}'
    return {
        "ScheduleExpression": "rate(5 minutes)",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1},
        "Target": {"Arn": function, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler", "Input": told},
        **over,
    }


def the_stacks(cloud: LambdaCloud) -> None:
    topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
    for stack, values in OUTPUTS.items():
        outputs = {name: {"Value": value} for name, value in values.items()}
        template = json.dumps({"Resources": topic, "Outputs": outputs})
        cloud.client("cloudformation").create_stack(StackName=f"sluice-{stack}", TemplateBody=template)


def book(cloud: LambdaCloud) -> Book:
    return Retrainings(cloud.client("dynamodb"), table="state").of("flights")


def test_from_the_schedule_to_the_reason_of_a_failed_step(
    cloud: LambdaCloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate, config = tmp_path / "gate", tmp_path / "sluice.yaml"
    config.write_text(SETTINGS, encoding="utf-8")
    operator = Operator(config, capsys)
    a_store(cloud.client("dynamodb"))
    the_stacks(cloud)
    the_pipeline(cloud, gate)
    function = the_function(cloud)
    declared = cloud.context.clock.now()
    the_triggers(cloud, function)

    # The schedule fires on the cloud's clock, and fires again while the first run waits.
    assert eventually(lambda: book(cloud).refused, within_seconds=60)
    cloud.client("scheduler").update_schedule(Name="flights", **the_schedule(function, State="DISABLED"))
    run = book(cloud).in_flight
    assert run is not None
    assert (run.cause.value, run.status) == ("schedule", "Executing")
    assert run.requested_at - declared >= timedelta(minutes=4)
    assert f"retraining {run.id} is in flight" in book(cloud).refused[0].refused

    # So is a drift's call, and a person's, whatever force they use.
    cloud.client("events").put_events(
        Entries=[{"Source": "sluice", "DetailType": "RetrainingRequested", "Detail": json.dumps(DRIFT)}]
    )
    assert eventually(lambda: any(each.cause.value == "drift" for each in book(cloud).refused))
    assert "is in flight" in operator.sluice("retrain", "start", "--reason", "now", "--force").mistake
    said = operator.sluice("status").said
    assert f"{run.id} (schedule: the schedule was due" in said
    assert "the drift told at " in said

    # The pipeline fails: SageMaker's event says to look, and the reason is there for all to see.
    gate.touch()
    assert eventually(lambda: book(cloud).past)
    said = operator.sluice("retrain", "status").said
    assert f"retraining {run.id}: Failed" in said
    assert "step train failed: " in said
    assert "out of luck because the schedule was due at" in said
    assert "refused at" in said
    (model,) = operator.sluice("status", "--json").json
    assert "is Failed: step train: " in model["retraining"]
    assert run.version == f"{run.requested_at:%Y%m%d-%H%M}"

    # Nothing serves here, so that look drops the drift that waited.
    dropped = "it waited, and was dropped: version 1 is not the champion any more"
    assert eventually(lambda: book(cloud).refused[0].refused == dropped)

    # After the end a person may.
    started = operator.sluice("retrain", "start", "--reason", "mended", "--json").json
    assert (started["reason"], started["version"] > run.version) == ("mended", True)
    assert eventually(lambda: [each.id for each in book(cloud).past][:1] == [started["id"]])

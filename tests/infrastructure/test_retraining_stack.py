"""What starts the training of models anew: a schedule, drift, a person; and nothing where nobody wants that."""

import json
from typing import Any

import pytest

from sluice.settings.functions import RetrainEnvironment
from sluice.settings.retraining import from_environment
from tests.infrastructure.projects import Project, Template, Templates, with_setting
from tests.infrastructure.reading import granted, named, resource, resources, statements, text
from tests.infrastructure.test_feedback_stack import ALWAYS

FUNCTION = "AWS::Lambda::Function"
RETRAINING = "models.flights.retraining"
WEEKLY = {"schedule": "cron(0 3 ? * MON *)", "timezone": "Europe/Berlin", "flexible_minutes": 15}
PIPELINE = ":pipeline/sluice-flights-training"


@pytest.fixture(scope="module")
def retraining(project: Project) -> Template:
    return project.synth(with_setting(RETRAINING, WEEKLY)).retraining


def rules(template: Template) -> dict[str, dict[str, Any]]:
    """Those of events, by what they are about."""
    found = [each for each in resources(template, "AWS::Events::Rule") if "EventPattern" in each]
    return {each["EventPattern"]["detail-type"][0]: each for each in found}


def test_a_model_without_it_is_started_by_nothing(templates: Templates) -> None:
    assert templates.retraining == {}


def test_the_schedule_calls_the_function_with_when_it_was_due(retraining: Template) -> None:
    schedule = resource(retraining, "AWS::Scheduler::Schedule")

    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
        "cron(0 3 ? * MON *)",
        "Europe/Berlin",
    )
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    told = json.loads(schedule["Target"]["Input"])
    assert told == {"model": "flights", "scheduled": "<aws.scheduler.scheduled-time>"}
    assert schedule["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
    assert "DeadLetterConfig" in schedule["Target"]


def test_the_schedules_role_may_call_that_function_and_bury_what_it_could_not(retraining: Template) -> None:
    allowed = granted(retraining, "ScheduleRole")
    role = named(retraining, "AWS::IAM::Role", "ScheduleRole")["Properties"]

    assert set(allowed) == {"lambda:InvokeFunction", "sqs:SendMessage"}
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "scheduler.amazonaws.com"}


def test_on_time_is_on_time(project: Project) -> None:
    templates = project.synth(with_setting(f"{RETRAINING}.schedule", "rate(1 day)"))

    schedule = resource(templates.retraining, "AWS::Scheduler::Schedule")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["ScheduleExpressionTimezone"] == "UTC"


def test_drift_and_what_becomes_of_the_pipeline_are_heard_of(retraining: Template) -> None:
    found = rules(retraining)

    drift = found["RetrainingRequested"]
    assert (drift["EventPattern"]["source"], drift["EventPattern"]["detail"]) == (["sluice"], {"model": ["flights"]})
    changed = found["SageMaker Model Building Pipeline Execution Status Change"]["EventPattern"]
    assert text(changed["detail"]["pipelineArn"][0]["prefix"]).endswith(":pipeline/sluice-")
    assert all("DeadLetterConfig" in each["Targets"][0] for each in found.values())
    (looking,) = [each for each in resources(retraining, "AWS::Events::Rule") if "ScheduleExpression" in each]
    assert looking["ScheduleExpression"] == "rate(15 minutes)"


def test_by_hand_alone_is_possible(project: Project) -> None:
    template = project.synth(with_setting(f"{RETRAINING}.on_drift", False)).retraining

    assert "RetrainingRequested" not in rules(template)
    assert resources(template, "AWS::Scheduler::Schedule") == []
    assert not [name for name in template["Resources"] if "ScheduleRole" in name]


def test_the_function_may_start_that_pipeline_and_see_it_and_no_more(retraining: Template) -> None:
    allowed = granted(retraining, "RetrainRole")
    start = {"sagemaker:ListPipelineExecutions", "sagemaker:StartPipelineExecution"}
    see = {"sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps"}
    records = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}
    lost = {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"}

    assert set(allowed) == ALWAYS | records | lost | start | see | {"sagemaker:DescribeProcessingJob"}
    assert all(where.endswith(PIPELINE) for action in start for where in allowed[action])
    assert all(where.endswith(f"{PIPELINE}/execution/*") for action in see for where in allowed[action])
    assert {each["Effect"] for each in statements(retraining, "RetrainRole")} == {"Allow"}


def test_a_lost_call_rings(project: Project) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:pagers"

    templates = project.synth(with_setting("alarms.topic_arn", topic, with_setting(RETRAINING, WEEKLY)))

    alarm = resource(templates.retraining, "AWS::CloudWatch::Alarm")
    assert (alarm["AlarmName"], alarm["Threshold"], alarm["AlarmActions"]) == ("sluice-lost-retrainings", 0, [topic])
    assert "sluice-lost-retrainings" in json.dumps(templates.observability)


def test_the_function_can_read_the_environment_the_stack_writes(retraining: Template) -> None:
    variables = named(retraining, FUNCTION, "Retrain")["Properties"]["Environment"]["Variables"]

    read = RetrainEnvironment.from_environment({name: text(value) for name, value in variables.items()})

    assert read.deployment == "sluice"
    assert from_environment(read.retraining)["flights"].most_per_30_days == 10


def test_the_function_is_known_to_operators(retraining: Template) -> None:
    assert {"RetrainFunctionName", "LostRetrainingsUrl"} <= set(retraining["Outputs"])

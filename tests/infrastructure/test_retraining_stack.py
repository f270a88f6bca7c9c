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
TRAINING = {"program": "p:train", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/t:1", "label": "late"}
WEEKLY = {"schedule": "cron(0 3 ? * MON *)", "timezone": "Europe/Berlin", "flexible_minutes": 15}
OWN = {**WEEKLY, "pipeline": "our-own"}
PIPELINE = ":pipeline/sluice-flights-training"


@pytest.fixture(scope="module")
def retraining(project: Project) -> Template:
    return project.synth(retrained(WEEKLY)).retraining


def retrained(settings: dict[str, Any]) -> dict[str, Any]:
    return with_setting(RETRAINING, settings, with_setting("models.flights.training", TRAINING))


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
    templates = project.synth(retrained({"schedule": "rate(1 day)"}))

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
    template = project.synth(retrained({"on_drift": False})).retraining

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


def test_a_lost_call_rings_and_so_does_a_retraining_that_broke(project: Project) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:pagers"

    templates = project.synth(with_setting("alarms.topic_arn", topic, retrained(WEEKLY)))

    alarms = {alarm["AlarmName"]: alarm for alarm in resources(templates.retraining, "AWS::CloudWatch::Alarm")}
    assert alarms.keys() == {"sluice-lost-retrainings", "sluice-flights-retraining"}
    assert all((each["Threshold"], each["AlarmActions"]) == (0, [topic]) for each in alarms.values())
    broke = alarms["sluice-flights-retraining"]
    (measured,) = broke["Metrics"]
    assert measured["MetricStat"]["Metric"]["MetricName"] == "RetrainingFailed"
    assert measured["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "Model", "Value": "flights"}]
    assert broke["TreatMissingData"] == "ignore"
    dashboard = json.dumps(templates.observability)
    assert all(name in dashboard for name in alarms)


def test_a_pipeline_of_ones_own_is_the_one_that_is_started_and_heard_of(project: Project) -> None:
    templates = project.synth(with_setting(RETRAINING, OWN))

    template = templates.retraining
    allowed = granted(template, "RetrainRole")
    assert all(each.endswith(":pipeline/our-own") for each in allowed["sagemaker:StartPipelineExecution"])
    patterns = [each.get("EventPattern", {}) for each in resources(template, "AWS::Events::Rule")]
    told = [each["detail"]["pipelineArn"][0] for each in patterns if each.get("source") == ["aws.sagemaker"]]
    assert any(text(each).endswith(":pipeline/our-own") for each in told if "prefix" not in each)
    assert templates.training == {}


def test_the_function_can_read_the_environment_the_stack_writes(retraining: Template) -> None:
    variables = named(retraining, FUNCTION, "Retrain")["Properties"]["Environment"]["Variables"]

    read = RetrainEnvironment.from_environment({name: text(value) for name, value in variables.items()})

    policy = from_environment(read.retraining)["flights"]
    assert (policy.pipeline, policy.limits.most_per_30_days) == ("sluice-flights-training", 10)
    assert (policy.names_versions, policy.on_drift) == (True, True)


def test_the_function_is_known_to_operators(retraining: Template) -> None:
    assert {"RetrainFunctionName", "LostRetrainingsUrl"} <= set(retraining["Outputs"])

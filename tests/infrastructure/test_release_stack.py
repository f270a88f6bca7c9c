"""The controller looks every minute and at every event, may do what releases take, and is missed when it is silent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local_cloud.alarms.configuration import MetricAlarm
from local_cloud.alarms.reading import read, standing
from local_cloud.alarms.state import AlarmState
from local_cloud.metrics.samples import Samples
from local_cloud.metrics.store import Metric, MetricStore
from sluice.domain.alarm_name import dead_letter_alarm, heartbeat_alarm, slot_alarm, unread_captures_alarm
from sluice.settings.functions import ControlEnvironment, ReconcileEnvironment
from tests.infrastructure.projects import Project, Template, Templates, with_setting
from tests.infrastructure.reading import granted, named, resource, resources, statements, text

RULE, ROUTE = "AWS::Events::Rule", "AWS::ApiGatewayV2::Route"
TOPIC = "arn:aws:sns:us-east-1:123456789012:pagers"
ALWAYS = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
KEY = {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}


def rule(release: Template, kind: str) -> dict[str, Any]:
    """The rule for events of a kind."""
    (found,) = [r for r in resources(release, RULE) if r.get("EventPattern", {}).get("detail-type") == [kind]]
    return found


def actions_of(release: Template, alarm: str) -> list[Any]:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    (found,) = [a for kind in kinds for a in resources(release, kind) if a["AlarmName"] == alarm]
    assert found.get("AlarmActions") == found.get("OKActions")
    return list(found.get("AlarmActions", []))


def test_the_controller_looks_every_minute(templates: Templates) -> None:
    (every_minute,) = [r for r in resources(templates.release, RULE) if "ScheduleExpression" in r]

    assert every_minute["ScheduleExpression"] == "rate(1 minute)"


@pytest.mark.parametrize(
    ("kind", "source", "detail"),
    [
        ("SageMaker Endpoint State Change", "aws.sagemaker", {"EndpointName": [{"prefix": "sluice-"}]}),
        ("CloudWatch Alarm State Change", "aws.cloudwatch", {"alarmName": [{"prefix": "sluice-"}]}),
        (
            "SageMaker Model Package State Change",
            "aws.sagemaker",
            {"ModelPackageGroupName": [{"prefix": "sluice-"}], "ModelApprovalStatus": ["Approved"]},
        ),
    ],
)
def test_the_controller_looks_when_something_of_ours_changed(
    templates: Templates, kind: str, source: str, detail: dict[str, Any]
) -> None:
    pattern = rule(templates.release, kind)["EventPattern"]

    assert pattern == {"source": [source], "detail-type": [kind], "detail": detail}


def test_an_event_that_cannot_be_delivered_is_kept_and_an_approval_is_tried_for_a_day(templates: Templates) -> None:
    targets = {text(t["Arn"]): t for r in resources(templates.release, RULE) for t in r["Targets"]}
    approval = rule(templates.release, "SageMaker Model Package State Change")["Targets"][0]
    (queue,) = [i for i, f in templates.release["Resources"].items() if f["Type"] == "AWS::SQS::Queue"]

    assert len(targets) == 1
    assert all(
        text(target["DeadLetterConfig"]["Arn"]) == f"<{queue}.Arn>"
        for found in resources(templates.release, RULE)
        for target in found["Targets"]
    )
    assert approval["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def test_a_look_that_fails_again_and_again_is_kept_too(templates: Templates) -> None:
    retried = resource(templates.release, "AWS::Lambda::EventInvokeConfig")
    (queue,) = [i for i, f in templates.release["Resources"].items() if f["Type"] == "AWS::SQS::Queue"]

    assert (retried["MaximumRetryAttempts"], retried["MaximumEventAgeInSeconds"]) == (2, 3600)
    assert text(retried["DestinationConfig"]["OnFailure"]["Destination"]) == f"<{queue}.Arn>"


def test_a_lost_event_raises_an_alarm(templates: Templates) -> None:
    (depth,) = [
        a
        for a in resources(templates.release, "AWS::CloudWatch::Alarm")
        if a["AlarmName"] == dead_letter_alarm("sluice")
    ]

    assert (depth["Namespace"], depth["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert (depth["Threshold"], depth["ComparisonOperator"]) == (0, "GreaterThanThreshold")


@pytest.mark.parametrize(
    ("looks_minutes_ago", "state"),
    [
        ([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], AlarmState.OK),
        ([10, 9, 8, 7, 6, 5, 4, 3], AlarmState.OK),
        ([12, 11, 10, 9, 8], AlarmState.ALARM),
        ([], AlarmState.ALARM),
    ],
    ids=["every minute", "two looks late", "silent for seven minutes", "never"],
)
def test_a_controller_that_is_silent_is_missed(
    templates: Templates, looks_minutes_ago: list[int], state: AlarmState
) -> None:
    (found,) = [
        a
        for a in resources(templates.release, "AWS::CloudWatch::Alarm")
        if a["AlarmName"] == heartbeat_alarm("sluice-flights")
    ]
    now, store = datetime(2026, 11, 22, 12, tzinfo=UTC), MetricStore()
    for ago in looks_minutes_ago:
        at = datetime.fromtimestamp(now.timestamp() - 60 * ago, UTC)
        store.put(Metric("Sluice", "ControllerLooks", frozenset({("Model", "flights")})), Samples.of([1.0]), at=at)

    alarm = MetricAlarm.from_request(found)
    seen = standing(alarm, read(alarm, store, until=int(now.timestamp())), AlarmState.OK, now=now)

    assert seen is not None
    assert seen.state is state


def test_a_new_deployment_has_time_for_its_first_look(templates: Templates) -> None:
    (found,) = [a for a in resources(templates.release, "AWS::CloudWatch::Alarm") if "WarmUpConfiguration" in a]

    assert found["AlarmName"] == heartbeat_alarm("sluice-flights")
    assert found["WarmUpConfiguration"] == {"WarmUpPeriodDurationInMinutes": 15}


def test_the_functions_can_read_the_environments_the_stack_writes(templates: Templates) -> None:
    environments = {
        found["Handler"]: {name: text(value) for name, value in found["Environment"]["Variables"].items()}
        for found in resources(templates.release, "AWS::Lambda::Function")
    }

    reconcile = ReconcileEnvironment.from_environment(environments["lambdas.reconcile.handler"])
    control = ControlEnvironment.from_environment(environments["lambdas.control.handler"])
    assert (reconcile.deployment, reconcile.models, reconcile.ops_items) == ("sluice", "flights", False)
    assert reconcile.captures_uri.endswith("/captures")
    assert (control.deployment, control.models) == ("sluice", "flights")
    assert "ControllerReconcile" in control.controller


def test_the_controller_may_serve_and_route_versions_of_its_endpoints_and_no_more(templates: Templates) -> None:
    allowed = granted(templates.release, "ControllerReconcileRole")

    assert set(allowed) == {
        *ALWAYS,
        *KEY,
        "application-autoscaling:DeregisterScalableTarget",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListAlarmMuteRules",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "iam:PassRole",
        "s3:GetObject",
        "s3:ListBucket",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateModel",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteModel",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeModelPackage",
        "sagemaker:InvokeEndpoint",
        "sagemaker:ListEndpointConfigs",
        "sagemaker:ListModels",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:SendMessage",
    }
    ours = {"endpoint/sluice-flights", "endpoint-config/sluice-flights-*"}
    assert {target.rsplit(":", 1)[1] for target in allowed["sagemaker:UpdateEndpoint"]} == ours
    assert {target.rsplit(":", 1)[1] for target in allowed["sagemaker:DeleteModel"]} == {"model/sluice-flights-*"}
    read = {target.rpartition(">")[2] for target in allowed["s3:GetObject"]}
    assert read == {"/captures/sluice-flights/*", "/models/flights/*"}


def test_the_controller_hands_out_the_models_own_role_and_to_sagemaker_alone(templates: Templates) -> None:
    (passing,) = [s for s in statements(templates.release, "ControllerReconcileRole") if "iam:PassRole" in s["Action"]]
    path = named(templates.serving, "AWS::IAM::Role", "ModelRole")["Properties"]["Path"]

    assert path == "/sluice-flights/"
    assert [target.rsplit(":", 1)[1] for target in passing["Resource"]] == [f"role{path}*"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


@pytest.mark.parametrize("mode", ["iam", "none"])
def test_operators_sign_with_aws_credentials_whatever_callers_of_predictions_do(project: Project, mode: str) -> None:
    release = project.synth(with_setting("access", {"mode": mode})).release

    routes = {route["RouteKey"]: route["AuthorizationType"] for route in resources(release, ROUTE)}
    assert routes == {"GET /admin/v1/{proxy+}": "AWS_IAM", "POST /admin/v1/{proxy+}": "AWS_IAM"}


def test_the_operators_function_keeps_records_and_wakes_the_controller_and_no_more(templates: Templates) -> None:
    allowed = granted(templates.release, "ControlRole")

    assert set(allowed) == {
        *ALWAYS,
        *KEY,
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "lambda:InvokeFunction",
        "s3:GetObject",
        "sagemaker:DescribeModelPackage",
        "sagemaker:ListModelPackages",
    }
    assert [target.rpartition(">")[2] for target in allowed["s3:GetObject"]] == ["/models/flights/*"]
    versions = {target.rsplit(":", 1)[1] for target in allowed["sagemaker:ListModelPackages"]}
    assert versions == {"model-package/sluice-flights/*"}
    (woken,) = allowed["lambda:InvokeFunction"]
    assert "ControllerReconcileFunction" in woken


def test_people_are_told_of_champions_silence_and_lost_events_where_a_topic_is_named(project: Project) -> None:
    templates = project.synth(with_setting("alarms.topic_arn", TOPIC))
    release = templates.release

    told = (slot_alarm("sluice-flights", "champion"), heartbeat_alarm("sluice-flights"), dead_letter_alarm("sluice"))
    assert [actions_of(release, name) for name in told] == [[TOPIC]] * 3
    assert actions_of(release, slot_alarm("sluice-flights", "challenger")) == []
    assert actions_of(templates.feedback, unread_captures_alarm("sluice")) == [TOPIC]
    assert resources(release, "AWS::SNS::Topic") == []


def test_an_address_gets_a_topic_that_cloudwatch_may_publish_to_and_only_by_tls(project: Project) -> None:
    release = project.synth(with_setting("alarms.email", "on-call@example.com")).release

    subscription = resource(release, "AWS::SNS::Subscription")
    allowed, denied = sorted(
        resource(release, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"], key=lambda s: str(s["Effect"])
    )
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "on-call@example.com")
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(actions_of(release, slot_alarm("sluice-flights", "champion"))) == 1


def test_nobody_is_told_unless_sluice_yaml_says_whom(templates: Templates) -> None:
    assert resources(templates.release, "AWS::SNS::Topic") == []
    assert actions_of(templates.release, slot_alarm("sluice-flights", "champion")) == []


def test_ops_items_are_made_only_where_they_are_wanted(project: Project, templates: Templates) -> None:
    wanted = project.synth(with_setting("alarms.ops_items", value=True)).release

    assert "ssm:CreateOpsItem" in granted(wanted, "ControllerReconcileRole")
    assert "ssm:CreateOpsItem" not in granted(templates.release, "ControllerReconcileRole")


def test_nothing_of_a_model_is_imported_from_another_stack(templates: Templates) -> None:
    imported = {text(value) for value in imports(templates.release)}

    assert not [name for name in imported if "sluice-serving" in name]


def imports(node: Any) -> list[Any]:
    """Every Fn::ImportValue in a template."""
    if isinstance(node, dict):
        return [node] if "Fn::ImportValue" in node else [i for value in node.values() for i in imports(value)]
    return [i for value in node for i in imports(value)] if isinstance(node, list) else []

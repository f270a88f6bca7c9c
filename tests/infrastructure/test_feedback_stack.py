"""What joins feedback: three functions, each allowed what it does, fed by a queue that loses nothing."""

import json

import pytest

from sluice.settings.feedback import from_environment
from sluice.settings.functions import IndexPredictionsEnvironment
from sluice.settings.source import InvalidSettings
from tests.infrastructure.projects import Project, Templates, with_setting
from tests.infrastructure.reading import granted, named, resource, resources, text

ALWAYS = {
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
JOINING = {"dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"}


def test_feedback_has_a_function_of_its_own_behind_the_same_front_door(templates: Templates) -> None:
    route = resource(templates.feedback, "AWS::ApiGatewayV2::Route")
    function = named(templates.feedback, "AWS::Lambda::Function", "Feedback")["Properties"]

    assert route["RouteKey"] == "POST /v1/feedback"
    assert route["AuthorizationType"] == "AWS_IAM"
    assert function["Handler"] == "lambdas.feedback.handler"
    assert function["Timeout"] == 29


def test_each_function_may_do_what_it_does_and_no_more(templates: Templates) -> None:
    queue = {"ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage"}

    taking, reporting = (granted(templates.feedback, role) for role in ("FeedbackRole", "ReportUnmatchedRole"))
    indexing = granted(templates.feedback, "IndexPredictionsRole")

    assert set(taking) == ALWAYS | JOINING
    assert set(reporting) == ALWAYS | {"dynamodb:BatchWriteItem", "dynamodb:Query"}
    consuming = {f"sqs:{action}" for action in queue}
    assert set(indexing) == ALWAYS | JOINING | consuming | {"dynamodb:BatchGetItem", "s3:GetObject", "sqs:SendMessage"}
    (captures,) = indexing["s3:GetObject"]
    assert captures.endswith("/captures/sluice-flights/*")
    assert "DeadLetters" in indexing["sqs:SendMessage"][0]


def test_only_captured_files_of_our_endpoints_come_to_the_queue(templates: Templates) -> None:
    patterns = [rule.get("EventPattern") for rule in resources(templates.feedback, "AWS::Events::Rule")]
    (pattern,) = filter(None, patterns)
    bucket = named(templates.state, "AWS::S3::Bucket", "DataBucketData")["Properties"]

    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert pattern["detail"]["object"] == {"key": [{"prefix": "captures/sluice-flights/"}]}
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_a_message_that_fails_comes_again_by_itself_and_ends_where_a_person_looks(templates: Templates) -> None:
    mapping = resource(templates.feedback, "AWS::Lambda::EventSourceMapping")
    queue = named(templates.feedback, "AWS::SQS::Queue", "CapturesQueue")["Properties"]
    function = named(templates.feedback, "AWS::Lambda::Function", "IndexPredictions")["Properties"]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
    assert all(each["SqsManagedSseEnabled"] for each in resources(templates.feedback, "AWS::SQS::Queue"))


def test_the_report_runs_every_hour(templates: Templates) -> None:
    rules = resources(templates.feedback, "AWS::Events::Rule")

    assert [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule] == ["rate(1 hour)"]


def test_the_functions_can_read_the_environment_the_stack_writes(templates: Templates) -> None:
    variables = named(templates.feedback, "AWS::Lambda::Function", "IndexPredictions")["Properties"]["Environment"]

    read = IndexPredictionsEnvironment.from_environment({n: text(v) for n, v in variables["Variables"].items()})

    assert read.models_by_endpoint() == {"sluice-flights": "flights"}
    assert from_environment(read.rules).of("flights").maximum == 1
    assert set(json.loads(read.rules)) == {"flights"}


def test_labels_are_counted_by_slices_where_they_are_counted_and_slices_declared(
    templates: Templates, project: Project
) -> None:
    declared = with_setting("models.flights.monitoring.slices", ["distance"])
    unlabelled = with_setting("models.flights.feedback.label", None, declared)
    found, reading = [], []
    for stack in (templates, project.synth(declared), project.synth(unlabelled)):
        reading.append("dynamodb:GetItem" in granted(stack.feedback, "IndexPredictionsRole"))
        variables = named(stack.feedback, "AWS::Lambda::Function", "IndexPredictions")["Properties"]["Environment"]
        read = IndexPredictionsEnvironment.from_environment({n: text(v) for n, v in variables["Variables"].items()})
        found.append(read.slices_by_model())

    assert found == [{}, {"flights": ["distance"]}, {}]
    assert reading == [False, True, False]


UNWATCHED = with_setting("models.flights.monitoring.enabled", False)


def test_labels_wait_only_where_somebody_counts_them(templates: Templates, project: Project) -> None:
    function = "AWS::Lambda::Function"
    watched, unwatched = (
        named(each.feedback, function, "IndexPredictions")["Properties"]["Environment"]["Variables"]["SLUICE_RULES"]
        for each in (templates, project.synth(UNWATCHED))
    )

    assert from_environment(text(watched)).of("flights").label == "label"
    assert from_environment(text(unwatched)).of("flights").label is None


def test_naming_a_label_that_nobody_counts_is_refused(project: Project) -> None:
    with pytest.raises(InvalidSettings, match=r"feedback\.label: has no effect"):
        project.app(with_setting("models.flights.feedback.label", "late", UNWATCHED))

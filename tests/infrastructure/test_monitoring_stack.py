"""What watches for drift: a queue of captures, looks by schedule, an alarm a model, and no work where it is off."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.domain.alarm_name import drift_alarm, quality_alarm, uncounted_captures_alarm, volume_alarm
from sluice.domain.redaction.rules import Sensitive, Step
from sluice.settings.functions import JudgeDriftEnvironment, SummariseEnvironment
from sluice.settings.monitoring import from_environment
from sluice.settings.sensitive import inputs_by_model, sensitive_of
from sluice.settings.source import InvalidSettings
from tests.infrastructure.projects import Project, Template, Templates, with_setting, write_model
from tests.infrastructure.reading import granted, named, resource, resources, statements, text
from tests.infrastructure.test_feedback_stack import ALWAYS

FUNCTION = "AWS::Lambda::Function"
RECORDS = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}
MONITORING = "models.flights.monitoring"


def alarm(template: Template, name: str) -> dict[str, Any]:
    (found,) = [a for a in resources(template, "AWS::CloudWatch::Alarm") if a["AlarmName"] == name]
    return found


def measured(template: Template, name: str) -> dict[str, Any]:
    """The only metric of an alarm."""
    (found,) = alarm(template, name)["Metrics"]
    return dict(found["MetricStat"])


def test_captured_files_come_to_a_queue_of_its_own_and_what_fails_is_kept(templates: Templates) -> None:
    mapping = resource(templates.monitoring, "AWS::Lambda::EventSourceMapping")
    queue = named(templates.monitoring, "AWS::SQS::Queue", "CapturesQueue")["Properties"]
    function = named(templates.monitoring, FUNCTION, "Summarise")["Properties"]
    (pattern,) = filter(None, (r.get("EventPattern") for r in resources(templates.monitoring, "AWS::Events::Rule")))

    assert pattern["detail"]["object"] == {"key": [{"prefix": "captures/sluice-flights/"}]}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
    assert alarm(templates.monitoring, uncounted_captures_alarm("sluice"))["Threshold"] == 0


def test_each_function_may_do_what_it_does_and_no_more(templates: Templates) -> None:
    queue = {"ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage"}
    consuming = {f"sqs:{action}" for action in queue}
    lost = {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"}

    counting, judging = (granted(templates.monitoring, role) for role in ("SummariseRole", "DriftJudgeDriftRole"))

    assert set(counting) == ALWAYS | RECORDS | consuming | {"s3:GetObject", "sqs:SendMessage"}
    assert set(judging) == ALWAYS | RECORDS | lost | {
        "cloudwatch:GetMetricData",
        "dynamodb:DeleteItem",
        "events:PutEvents",
    }
    (captures,) = counting["s3:GetObject"]
    assert captures.endswith("/captures/sluice-flights/*")


def test_only_events_of_our_own_may_be_sent(templates: Templates) -> None:
    (telling,) = [
        s for s in statements(templates.monitoring, "DriftJudgeDriftRole") if "events:PutEvents" in s["Action"]
    ]

    assert telling["Condition"] == {"StringEquals": {"events:source": "sluice"}}
    assert telling["Resource"][0].endswith(":event-bus/default")


def test_only_functions_that_work_with_arrays_have_the_layer_of_numpy(templates: Templates) -> None:
    layers = [text(each["Description"]) for each in resources(templates.monitoring, "AWS::Lambda::LayerVersion")]
    functions = resources(templates.monitoring, FUNCTION)

    assert sorted(layers) == ["requirements.txt", "requirements/numpy.txt"]
    assert [len(function["Layers"]) for function in functions] == [2, 2]
    assert {len(f["Layers"]) for stack in (templates.api, templates.release) for f in resources(stack, FUNCTION)} == {1}


def test_each_model_is_looked_at_by_its_own_schedule(project: Project) -> None:
    templates = project.synth(with_setting(f"{MONITORING}.every_minutes", 15))
    (rule,) = [r for r in resources(templates.monitoring, "AWS::Events::Rule") if "ScheduleExpression" in r]

    assert rule["ScheduleExpression"] == "rate(15 minutes)"
    assert json.loads(rule["Targets"][0]["Input"]) == {"model": "flights"}
    assert "DeadLetterConfig" in rule["Targets"][0]
    assert measured(templates.monitoring, drift_alarm("sluice-flights"))["Period"] == 15 * 60


def test_the_alarm_is_about_the_champion_and_silence_changes_nothing(templates: Templates) -> None:
    found = alarm(templates.monitoring, drift_alarm("sluice-flights"))

    metric = measured(templates.monitoring, drift_alarm("sluice-flights"))

    assert metric["Metric"]["MetricName"] == "DriftedFeatures"
    assert metric["Metric"]["Dimensions"] == [{"Name": "Model", "Value": "flights"}]
    assert (metric["Stat"], found["Threshold"]) == ("Maximum", 0)
    assert found["TreatMissingData"] == "ignore"


def test_without_labels_the_alarm_of_quality_is_neither_quiet_nor_ringing(templates: Templates) -> None:
    found = alarm(templates.monitoring, quality_alarm("sluice-flights"))

    metric = measured(templates.monitoring, quality_alarm("sluice-flights"))

    assert metric["Metric"]["MetricName"] == "QualityLost"
    assert metric["Metric"]["Dimensions"] == [{"Name": "Model", "Value": "flights"}]
    assert (metric["Stat"], metric["Period"], found["Threshold"]) == ("Maximum", 3600, 0)
    assert found["TreatMissingData"] == "missing"


def test_where_nobody_knows_what_is_usual_the_alarm_of_the_volume_says_so(templates: Templates) -> None:
    found = alarm(templates.monitoring, volume_alarm("sluice-flights"))

    metric = measured(templates.monitoring, volume_alarm("sluice-flights"))

    assert metric["Metric"]["MetricName"] == "VolumeUnusual"
    assert metric["Metric"]["Dimensions"] == [{"Name": "Model", "Value": "flights"}]
    assert (metric["Stat"], metric["Period"], found["Threshold"]) == ("Maximum", 3600, 0)
    assert found["TreatMissingData"] == "missing"


def test_who_is_told_of_alarms_is_told_of_drift(project: Project) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:pagers"

    templates = project.synth(with_setting("alarms.topic_arn", topic))

    alarms = resources(templates.monitoring, "AWS::CloudWatch::Alarm")
    assert [each["AlarmActions"] for each in alarms] == [[topic]] * 4


def test_the_functions_can_read_the_environment_the_stack_writes(templates: Templates) -> None:
    counting, judging = (
        named(templates.monitoring, FUNCTION, name)["Properties"]["Environment"]["Variables"]
        for name in ("Summarise", "JudgeDrift")
    )

    read = SummariseEnvironment.from_environment({n: text(v) for n, v in counting.items()})
    watching = JudgeDriftEnvironment.from_environment({n: text(v) for n, v in judging.items()}).watching

    assert read.models_by_endpoint() == {"sluice-flights": "flights"}
    assert from_environment(watching) == from_environment(read.watching)
    assert from_environment(watching)["flights"].every_minutes == 60


def test_no_reference_needs_no_function_to_bring_it(templates: Templates) -> None:
    assert resources(templates.monitoring, "Custom::DriftReference") == []


def test_the_references_of_declared_versions_are_brought_where_the_functions_look(tmp_path: Path) -> None:
    for version in ("1", "2"):
        write_model(tmp_path / f"v{version}", version=version)
    (tmp_path / "v1" / "reference.json").write_text("{}")
    templates = Project(tmp_path).synth()

    declared = resource(templates.monitoring, "Custom::DriftReference")
    urls = json.loads(text(declared["References"]))
    reading = granted(templates.monitoring, "ReferencesWriterRole")

    assert declared["Model"] == "flights"
    assert list(urls) == ["1"]
    assert urls["1"].startswith("s3://")
    assert urls["1"].endswith(".json")
    assert set(reading) == ALWAYS | {"dynamodb:PutItem", "s3:GetObject"}
    assert reading["s3:GetObject"][0].endswith(urls["1"].rsplit("/", 1)[1])


@pytest.mark.parametrize("off", [(f"{MONITORING}.enabled", False), ("models.flights.capture.percent", 0)])
def test_off_makes_no_stack(project: Project, off: tuple[str, object]) -> None:
    app = project.app(with_setting(*off))

    assert app.node.try_find_child("sluice-monitoring") is None


def test_watching_what_is_not_captured_is_refused(project: Project) -> None:
    settings = with_setting(f"{MONITORING}.enabled", True, with_setting("models.flights.capture.percent", 0))

    with pytest.raises(InvalidSettings, match=r"monitoring\.enabled: has no effect"):
        project.app(settings)


def machine(templates: Templates) -> dict[str, Any]:
    return resource(templates.monitoring, "AWS::StepFunctions::StateMachine")


def test_what_was_captured_before_is_listed_and_given_to_the_function_that_counts(templates: Templates) -> None:
    states = json.loads(text(machine(templates)["DefinitionString"]))["States"]

    every_file = states["EveryFile"]
    (call,) = every_file["ItemProcessor"]["States"].values()
    assert machine(templates)["StateMachineName"] == "sluice-backfill"
    assert every_file["ItemReader"]["Resource"].endswith(":states:::s3:listObjectsV2")
    assert every_file["ItemReader"]["Parameters"]["Prefix.$"] == "$.prefix"
    assert every_file["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert set(every_file["ItemSelector"]) == {"bucket", "key.$", "since.$", "until.$"}
    assert call["Parameters"]["FunctionName"].startswith("<SummariseFunction")
    assert call["ResultSelector"] == {"files.$": "$.Payload.files"}


def test_the_state_machine_may_list_captures_and_call_one_function_and_nothing_else(templates: Templates) -> None:
    allowed = granted(templates.monitoring, "BackfillRole")
    (listing,) = [s for s in statements(templates.monitoring, "BackfillRole") if "s3:ListBucket" in s["Action"]]

    assert set(allowed) == {
        "lambda:InvokeFunction",
        "s3:ListBucket",
        "states:DescribeExecution",
        "states:StartExecution",
        "states:StopExecution",
    }
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "captures/sluice-flights/*"}}
    assert [arn.startswith("<SummariseFunction") for arn in allowed["lambda:InvokeFunction"]] == [True]
    assert allowed["states:StartExecution"][0].endswith(":stateMachine:sluice-backfill")
    assert allowed["states:StopExecution"][0].endswith(":execution:sluice-backfill/*")


SENSITIVE = with_setting("models.flights.capture.sensitive", ["distance"])
REDACTING = {"s3:PutObject", "kms:GenerateDataKey"}


def test_only_where_inputs_are_sensitive_may_captured_files_be_written(project: Project, templates: Templates) -> None:
    redacting = project.synth(SENSITIVE)
    roles = {"monitoring": "SummariseRole", "feedback": "IndexPredictionsRole"}

    for stack, role in roles.items():
        before, after = (granted(getattr(each, stack), role) for each in (templates, redacting))
        assert set(after) == set(before) | REDACTING
        assert after["s3:PutObject"] == after["s3:GetObject"]
        assert after["s3:PutObject"][0].endswith("/captures/sluice-flights/*")


def test_every_function_that_sees_requests_is_told_what_is_sensitive(project: Project) -> None:
    templates = project.synth(SENSITIVE)
    functions = {
        name: named(getattr(templates, stack), FUNCTION, name)["Properties"]["Environment"]["Variables"]
        for name, stack in (("Summarise", "monitoring"), ("JudgeDrift", "monitoring"), ("IndexPredictions", "feedback"))
    }

    told = {name: sensitive_of(variables["SLUICE_SENSITIVE"]) for name, variables in functions.items()}

    assert set(map(str, told.values())) == {str({"flights": Sensitive(frozenset({"distance"}), frozenset(Step))})}


def test_where_nothing_is_watched_nobody_waits_for_counts(project: Project) -> None:
    templates = project.synth(with_setting(f"{MONITORING}.enabled", False, SENSITIVE))
    variables = named(templates.feedback, FUNCTION, "IndexPredictions")["Properties"]["Environment"]["Variables"]

    assert sensitive_of(variables["SLUICE_SENSITIVE"])["flights"].after == {Step.INDEXED}


def test_references_are_written_anew_when_other_inputs_become_sensitive(tmp_path: Path) -> None:
    for version in ("1", "2"):
        write_model(tmp_path / f"v{version}", version=version)
    (tmp_path / "v1" / "reference.json").write_text("{}")

    templates = Project(tmp_path).synth(SENSITIVE)

    writer = named(templates.monitoring, FUNCTION, "ReferencesWriter")["Properties"]["Environment"]["Variables"]
    assert resource(templates.monitoring, "Custom::DriftReference")["Sensitive"] == ["distance"]
    assert inputs_by_model(writer["SLUICE_SENSITIVE"]) == {"flights": {"distance"}}

"""The dashboard shows every metric we publish, and SageMaker's in the units people think in."""

import json
from typing import Any

from sluice.telemetry import Metric
from tests.infrastructure.projects import Project, Template, Templates, with_setting
from tests.infrastructure.reading import resource, resources, text


def widgets(template: Template) -> list[dict[str, Any]]:
    body = json.loads(text(resource(template, "AWS::CloudWatch::Dashboard")["DashboardBody"]))
    return [widget["properties"] for widget in body["widgets"]]


def lines(template: Template) -> list[list[Any]]:
    return [line for widget in widgets(template) for line in widget.get("metrics", [])]


def test_every_metric_of_ours_is_on_the_dashboard(project: Project) -> None:
    templates = project.synth(with_setting("models.flights.retraining.pipeline", "ours"))

    shown = {line[1] for line in lines(templates.observability) if line[0] == "Sluice"}

    assert shown == {metric.value for metric in Metric}


def test_metrics_of_a_variant_are_shown_for_every_variant(templates: Templates) -> None:
    predictions = [line for line in lines(templates.observability) if line[:2] == ["Sluice", "Predictions"]]

    assert [line[2:6] for line in predictions] == [
        ["Model", "flights", "Variant", "champion"],
        ["Model", "flights", "Variant", "challenger"],
    ]


def test_latency_is_shown_in_milliseconds(templates: Templates) -> None:
    (latency,) = [w for w in widgets(templates.observability) if w.get("title") == "flights: model latency (ms)"]

    microseconds = [line for line in latency["metrics"] if line[0] == "AWS/SageMaker"]
    shown = [line[0]["expression"] for line in latency["metrics"] if isinstance(line[0], dict)]
    assert all(line[-1]["visible"] is False for line in microseconds)
    assert shown == [f"{line[-1]['id']} / 1000" for line in microseconds]


def test_errors_of_the_api_and_of_its_function_are_shown(templates: Templates) -> None:
    shown = {line[1] for line in lines(templates.observability) if line[0] in ("AWS/ApiGateway", "AWS/Lambda")}

    assert {"4xx", "5xx", "Latency", "Errors", "Throttles", "Duration", "ConcurrentExecutions"} <= shown


def test_predictions_cost_nothing_known_unless_a_price_is_told(templates: Templates) -> None:
    titles = {widget.get("title") for widget in widgets(templates.observability)}

    assert "flights: instances in service" in titles
    assert "flights: cost of 1,000 predictions" not in titles


def test_drift_has_a_section_that_says_which_commands_tell_more(templates: Templates) -> None:
    shown = widgets(templates.observability)
    place = next(place for place, widget in enumerate(shown) if "flights: drift" in widget.get("markdown", ""))

    sections = [(widget["title"], [line[1] for line in widget["metrics"]]) for widget in shown[place + 1 : place + 5]]

    drift = ["DriftedFeatures", "QualityLost", "VolumeUnusual", "OutputsDrifted", "WrongMoreOften"]
    assert "`sluice drift report --model flights --out report.html`" in shown[place]["markdown"]
    assert sections == [
        ("flights: drifted features and a candidate's outputs; lost or worse quality, unusual volume (1)", drift),
        ("flights: rows counted", ["RowsSummarised", "RowsSummarised"]),
        ("flights: looks, not judged", ["DriftLooks", "DriftNotJudged"]),
        ("flights: exchanges unreadable, rows without reference", ["ExchangesUnreadable", "RowsWithoutReference"]),
    ]
    assert all(
        line[2:4] == ["Model", "flights"] for widget in shown[place + 1 : place + 5] for line in widget["metrics"]
    )


def test_every_alarm_of_the_deployment_is_on_the_dashboard(templates: Templates) -> None:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    stacks = (templates.release, templates.feedback, templates.monitoring)
    made = [alarm["AlarmName"] for stack in stacks for kind in kinds for alarm in resources(stack, kind)]

    shown = [alarm for widget in widgets(templates.observability) for alarm in widget.get("alarms", [])]

    assert sorted(alarm.rsplit(":", 1)[1] for alarm in shown) == sorted(made)


def test_what_the_controller_came_to_is_read_from_its_log(templates: Templates) -> None:
    (query,) = [widget["query"] for widget in widgets(templates.observability) if "query" in widget]

    assert "ControllerReconcileLogs" in query
    assert "fields @timestamp, Model, outcome" in query


def test_every_log_group_forgets(templates: Templates) -> None:
    stacks = (templates.serving, templates.api, templates.feedback, templates.monitoring, templates.release)
    groups = [group for stack in stacks for group in resources(stack, "AWS::Logs::LogGroup")]

    assert {group["RetentionInDays"] for group in groups} == {30}
    assert len(groups) == 12

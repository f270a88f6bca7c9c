"""What does one look at first: what is wrong, then traffic, errors and latency, of the API and of every variant?"""

from collections.abc import Iterable, Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.controller import Controller
from cdk.served_model import ServedModel
from cdk.variant_metrics import VariantMetrics, model_metric, our_metric
from sluice.domain.alarm_name import (
    dead_letter_alarm,
    drift_alarm,
    heartbeat_alarm,
    labels_alarm,
    lost_retrainings_alarm,
    outputs_alarm,
    quality_alarm,
    retraining_alarm,
    slot_alarm,
    uncounted_captures_alarm,
    unread_captures_alarm,
    variant_alarms,
    volume_alarm,
)
from sluice.domain.variant import CHAMPION
from sluice.telemetry import Dimension, Metric

_WHOLE, _THIRD, _QUARTER = 24, 8, 6  # a dashboard is 24 columns wide
_LOW, _HEADING = 3, 2
_MINUTE = Duration.minutes(1)
# What looks came to, each outcome once: a model that waits says the same every minute.
_OUTCOMES = (
    f"fields @timestamp, {Dimension.MODEL}, outcome",
    f"filter ispresent({Metric.CONTROLLER_LOOKS})",
    "sort @timestamp desc",
    f"dedup {Dimension.MODEL}, outcome",
    "limit 20",
)
_DRIFT = """## {model}: drift
Is it still asked what it was trained on? Which features, how and since when: `sluice drift status --model {model}`; \
hour by hour: `sluice drift report --model {model} --out report.html`."""


class TrafficDashboard(cloudwatch.Dashboard):
    """The alarms, the API and its function, the controller, then three rows for each model, and its drift."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str) -> None:
        super().__init__(scope, construct_id, dashboard_name=name)

    def show_alarms(self, name: str, models: Sequence[ServedModel]) -> None:
        """Every alarm of the deployment, by name: alarms come and go with models, and a name is known without them."""
        for model in models:
            of_slots = [alarm for slot in model.slots for alarm in _alarms_of(model, slot)]
            of_model = [kind(model.endpoint_name) for kind in (drift_alarm, quality_alarm, volume_alarm)]
            drift = of_model if model.settings.is_watched else []
            broke = [retraining_alarm(model.endpoint_name)] if model.settings.retraining else []
            names = [*of_slots, heartbeat_alarm(model.endpoint_name), *drift, *broke]
            self._show_states(f"{model.name}: alarms", names)
        lost = [dead_letter_alarm(name), unread_captures_alarm(name)]
        if any(model.settings.is_watched for model in models):
            lost.append(uncounted_captures_alarm(name))
        if any(model.settings.retraining is not None for model in models):
            lost.append(lost_retrainings_alarm(name))
        self._show_states("Lost events, unread and uncounted captures", lost)

    def show_controller(self, controller: Controller, models: Iterable[ServedModel]) -> None:
        """Whether releases are looked after, and what was done last."""
        function = controller.function
        looks = [model_metric(model.name, Metric.CONTROLLER_LOOKS) for model in models]
        troubles = [function.metric_errors(period=_MINUTE), function.metric_throttles(period=_MINUTE)]
        durations = [function.metric_duration(period=_MINUTE, statistic=p, label=p) for p in ("p50", "p99")]
        self.add_widgets(
            _graph("Controller: looks", looks),
            _graph("Controller: errors, throttles", troubles),
            _graph("Controller: duration (ms)", durations),
        )
        self.add_widgets(
            cloudwatch.LogQueryWidget(
                title="Releases: what the controller came to, newest first",
                log_group_names=[controller.logs.log_group_name],
                query_lines=list(_OUTCOMES),
                width=_WHOLE,
            )
        )

    def show_api(self, api: apigateway.IHttpApi, function: lambda_.IFunction) -> None:
        """Requests and errors as callers saw them, and how the function fared."""
        answers = [
            api.metric_count(period=_MINUTE, statistic="Sum"),
            api.metric_client_error(period=_MINUTE, statistic="Sum"),
            api.metric_server_error(period=_MINUTE, statistic="Sum"),
        ]
        latency = [api.metric_latency(period=_MINUTE, statistic=p, label=p) for p in ("p50", "p99")]
        troubles = [function.metric_errors(period=_MINUTE), function.metric_throttles(period=_MINUTE)]
        self.add_widgets(
            _graph("API: requests, 4xx, 5xx", answers),
            _graph("API: latency (ms)", latency),
            _graph(
                "Function: errors, throttles; concurrency",
                troubles,
                right=[function.metric("ConcurrentExecutions", period=_MINUTE, statistic="Maximum")],
            ),
        )
        durations = [function.metric_duration(period=_MINUTE, statistic=p, label=p) for p in ("p50", "p99")]
        lost = (
            Metric.FEEDBACK_REFUSED,
            Metric.FEEDBACK_UNMATCHED,
            Metric.INDEXING_FAILED,
            Metric.SUMMARISING_FAILED,
        )
        self.add_widgets(
            _graph("Function: duration (ms)", durations),
            _graph("Feedback: refused, waited for in vain, files to read again", [our_metric(m) for m in lost]),
        )

    def show_model(self, model: ServedModel) -> None:
        """A model's variants side by side: what SageMaker saw, then what callers were given."""
        variants = [VariantMetrics(model.name, model.endpoint_name, slot) for slot in model.slots]
        refused = (Metric.REQUESTS_REFUSED, Metric.PREDICTIONS_UNAVAILABLE, Metric.ROUTING_STALE)
        self.add_widgets(
            _graph(f"{model.name}: invocations", [variant.invocations() for variant in variants]),
            _graph(f"{model.name}: failed invocations", [error for v in variants for error in v.errors()]),
            _graph(f"{model.name}: model latency (ms)", [p for v in variants for p in v.model_latency()]),
        )
        self.add_widgets(
            _graph(f"{model.name}: predictions", [variant.count(Metric.PREDICTIONS) for variant in variants]),
            _graph(
                f"{model.name}: fallbacks, breaches, refusals",
                [v.count(m) for v in variants for m in (Metric.FALLBACKS, Metric.GUARDRAIL_BREACHES)],
                right=[model_metric(model.name, metric) for metric in refused],
            ),
            _graph(f"{model.name}: prediction latency (ms)", [p for v in variants for p in v.prediction_latency()]),
        )
        left_out = (Metric.PREDICTIONS_UNATTRIBUTED, Metric.CAPTURES_UNREADABLE)
        self.add_widgets(
            _graph(f"{model.name}: predictions on record", [v.count(Metric.PREDICTIONS_INDEXED) for v in variants]),
            _graph(f"{model.name}: feedback joined", [v.count(Metric.FEEDBACK_JOINED) for v in variants]),
            _graph(f"{model.name}: captures left out", [model_metric(model.name, metric) for metric in left_out]),
        )
        self._show_cost(model, variants)
        if model.settings.is_watched:
            self._show_drift(model, variants)
        if model.settings.retraining is not None:
            self._show_retrainings(model)

    def _show_cost(self, model: ServedModel, variants: Sequence[VariantMetrics]) -> None:
        """How many instances serve and, where their price is known, what predictions cost."""
        graphs = [_graph(f"{model.name}: instances in service", [variant.instances() for variant in variants])]
        price = model.settings.endpoint.hourly_price
        if price is not None:
            costs = [variant.cost_of_a_thousand(price) for variant in variants]
            graphs.append(_graph(f"{model.name}: cost of 1,000 predictions", costs))
        self.add_widgets(*graphs)

    def _show_retrainings(self, model: ServedModel) -> None:
        """What `sluice retrain status` tells, over time."""
        ends = (Metric.RETRAINING_FAILED, Metric.CANDIDATE_REFUSED)
        title = f"{model.name}: retrainings that broke, that the gate refused"
        self.add_widgets(_graph(title, [model_metric(model.name, metric) for metric in ends]))

    def _show_drift(self, model: ServedModel, variants: Sequence[VariantMetrics]) -> None:
        """What `sluice drift status` and `sluice drift report` tell, over time."""
        found = (Metric.DRIFTED_FEATURES, Metric.QUALITY_LOST, Metric.VOLUME_UNUSUAL)
        of_candidates = (Metric.OUTPUTS_DRIFTED, Metric.WRONG_MORE_OFTEN)
        uncounted = (Metric.EXCHANGES_UNREADABLE, Metric.ROWS_WITHOUT_REFERENCE)
        self.add_widgets(cloudwatch.TextWidget(markdown=_DRIFT.format(model=model.name), width=_WHOLE, height=_HEADING))
        self.add_widgets(
            _graph(
                f"{model.name}: drifted features and a candidate's outputs; lost or worse quality, unusual volume (1)",
                [model_metric(model.name, metric) for metric in found]
                + [v.count(metric) for metric in of_candidates for v in variants if v.slot != CHAMPION],
                width=_QUARTER,
            ),
            _graph(f"{model.name}: rows counted", [v.count(Metric.ROWS_SUMMARISED) for v in variants], width=_QUARTER),
            _graph(
                f"{model.name}: looks, not judged",
                [model_metric(model.name, metric) for metric in (Metric.DRIFT_LOOKS, Metric.DRIFT_NOT_JUDGED)],
                width=_QUARTER,
            ),
            _graph(
                f"{model.name}: exchanges unreadable, rows without reference",
                [model_metric(model.name, metric) for metric in uncounted],
                width=_QUARTER,
            ),
        )

    def _show_states(self, title: str, names: Sequence[str]) -> None:
        alarms = [cloudwatch.Alarm.from_alarm_name(self, name, name) for name in names]
        self.add_widgets(cloudwatch.AlarmStatusWidget(title=title, alarms=alarms, width=_WHOLE, height=_LOW))


def _alarms_of(model: ServedModel, slot: str) -> list[str]:
    endpoint = model.endpoint_name
    looked_at = (outputs_alarm, labels_alarm) if model.settings.is_watched and slot != CHAMPION else ()
    found = [alarm(endpoint, slot) for alarm in looked_at]
    return [slot_alarm(endpoint, slot), *variant_alarms(endpoint, slot), *found]


def _graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    right: Sequence[cloudwatch.IMetric] = (),
    *,
    width: int = _THIRD,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, width=width, left=list(left), right=list(right))

"""What does one look at first: traffic, errors and latency, of the API and of every variant?"""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.served_model import ServedModel
from cdk.variant_metrics import VariantMetrics, model_metric
from sluice.telemetry import Metric

_THIRD = 8  # a dashboard is 24 columns wide
_MINUTE = Duration.minutes(1)


class TrafficDashboard(cloudwatch.Dashboard):
    """A row for the API and its function, then two rows for each model."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str) -> None:
        super().__init__(scope, construct_id, dashboard_name=name)

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
        self.add_widgets(_graph("Function: duration (ms)", durations))

    def show_model(self, model: ServedModel) -> None:
        """A model's variants side by side: what SageMaker saw, then what callers were given."""
        variants = [VariantMetrics(model.name, model.endpoint_name, slot) for slot in model.settings.variants]
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


def _graph(
    title: str, left: Sequence[cloudwatch.IMetric], right: Sequence[cloudwatch.IMetric] = ()
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, width=_THIRD, left=list(left), right=list(right))

"""What is measured and logged, under which names: the functions write them, dashboards and alarms read them."""

from enum import StrEnum
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Sluice"


class Metric(StrEnum):
    """Names of our CloudWatch metrics, in the namespace ``Sluice``."""

    PREDICTIONS = "Predictions"
    """Count, by Model and Variant: answers given, under the variant that gave them."""

    PREDICTION_LATENCY = "PredictionLatency"
    """Milliseconds, by Model and Variant: from the request's arrival in our code to the answer."""

    FALLBACKS = "Fallbacks"
    """Count, by Model and Variant: answers the champion gave because this variant failed."""

    GUARDRAIL_BREACHES = "GuardrailBreaches"
    """Count, by Model and Variant: answers of this variant that were not fit to pass on."""

    ROUTING_STALE = "RoutingStale"
    """Count, by Model: predictions made with an old routing table because DynamoDB was away."""

    REQUESTS_REFUSED = "RequestsRefused"
    """Count, by Model: requests that must change: data that does not fit, a body or an answer that is too large."""

    PREDICTIONS_UNAVAILABLE = "PredictionsUnavailable"
    """Count, by Model: requests that no variant could answer."""


class Dimension(StrEnum):
    """Dimensions of our metrics; few values each, because every combination is a metric that is paid for."""

    MODEL = "Model"
    VARIANT = "Variant"


def record(dimensions: dict[Dimension, str], metrics: dict[Metric, float], **fields: Any) -> None:
    """Print one embedded-metric line: the metrics for CloudWatch, and ``fields`` to find in the logs.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    line = EphemeralMetrics(namespace=NAMESPACE, service="")  # else POWERTOOLS_SERVICE_NAME would add a dimension
    for name, value in dimensions.items():
        line.add_dimension(name, value)
    for metric, amount in metrics.items():
        unit = MetricUnit.Milliseconds if metric is Metric.PREDICTION_LATENCY else MetricUnit.Count
        line.add_metric(metric, unit, amount)
    for key, field in fields.items():
        line.add_metadata(key, field)
    line.flush_metrics()

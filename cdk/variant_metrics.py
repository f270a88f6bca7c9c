"""Under which names does CloudWatch know what a variant does?

SageMaker's metrics: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from sluice.telemetry import NAMESPACE, Dimension, Metric

_MINUTE = Duration.minutes(1)
_MINUTES_AN_HOUR = 60
_PERCENTILES = ("p50", "p99")
# One failure in a minute of few requests is a large share and says nothing.
_FEWEST_FAULTS = 3


@dataclass(frozen=True, slots=True)
class VariantMetrics:
    """The metrics of one variant.

    Attributes:
        model: As in the API's paths.
        endpoint: SageMaker endpoint name.
        slot: Variant name.

    """

    model: str
    endpoint: str
    slot: str

    def invocations(self) -> cloudwatch.IMetric:
        """Requests the variant got, a minute."""
        return self._sagemaker("Invocations", "Sum", self.slot)

    def errors(self) -> list[cloudwatch.IMetric]:
        """Requests it refused or failed, a minute."""
        names = ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
        return [self._sagemaker(name, "Sum", f"{self.slot} {name.removeprefix('Invocation')}") for name in names]

    def error_percent(self) -> cloudwatch.IMetric:
        """Share of a minute's requests that failed, the caller's own mistakes left out; no requests, no data.

        SageMaker's model errors are all answers but 2xx, and no answer at all.
        """
        metrics = {
            "failed": self._sagemaker("InvocationModelErrors", "Sum", "failed"),
            "refused": self._sagemaker("Invocation4XXErrors", "Sum", "refused"),
            "invocations": self._sagemaker("Invocations", "Sum", "invocations"),
        }
        return _share("(FILL(failed, 0) - FILL(refused, 0))", metrics, f"{self.slot} errors (%)")

    def breach_percent(self) -> cloudwatch.IMetric:
        """Share of a minute's requests whose answers were not fit to pass on; no requests, no data."""
        metrics = {
            "breaches": self._ours(Metric.GUARDRAIL_BREACHES, "Sum", "breaches"),
            "invocations": self._sagemaker("Invocations", "Sum", "invocations"),
        }
        return _share("FILL(breaches, 0)", metrics, f"{self.slot} breaches (%)")

    def slowest(self, name: str) -> cloudwatch.IMetric:
        """p95 of ModelLatency or OverheadLatency, in SageMaker's microseconds."""
        return self._sagemaker(name, "p95", f"{self.slot} {name} p95 (µs)")

    def model_latency(self) -> list[cloudwatch.IMetric]:
        """Milliseconds in the container; SageMaker counts microseconds."""
        return [self._milliseconds("ModelLatency", percentile) for percentile in _PERCENTILES]

    def prediction_latency(self) -> list[cloudwatch.IMetric]:
        """Milliseconds in our function, the call to the endpoint included."""
        return [
            self._ours(Metric.PREDICTION_LATENCY, percentile, f"{self.slot} {percentile}")
            for percentile in _PERCENTILES
        ]

    def instances(self) -> cloudwatch.Metric:
        """How many are in service; the controller looks every minute, and more often while something happens."""
        return self._ours(Metric.INSTANCES, "Average", f"{self.slot} instances")

    def cost_of_a_thousand(self, hourly_price: float) -> cloudwatch.IMetric:
        """What 1,000 predictions cost by the instances they were made on; no predictions, no data."""
        minute = hourly_price / _MINUTES_AN_HOUR
        instances, predictions = (f"{self.slot}_{name}".replace("-", "_") for name in ("instances", "predictions"))
        metrics = {instances: self.instances(), predictions: self.count(Metric.PREDICTIONS)}
        return cloudwatch.MathExpression(
            expression=f"1000 * {minute:.6g} * {instances} / {predictions}",
            using_metrics=metrics,
            label=f"{self.slot} cost of 1,000",
            period=_MINUTE,
        )

    def count(self, metric: Metric) -> cloudwatch.Metric:
        """One of our counts, a minute."""
        return self._ours(metric, "Sum", f"{self.slot} {metric}")

    def _milliseconds(self, name: str, statistic: str) -> cloudwatch.IMetric:
        microseconds = f"{self.slot}_{statistic}".replace("-", "_")
        return cloudwatch.MathExpression(
            expression=f"{microseconds} / 1000",
            using_metrics={microseconds: self._sagemaker(name, statistic, statistic)},
            label=f"{self.slot} {statistic}",
            period=_MINUTE,
        )

    def _sagemaker(self, name: str, statistic: str, label: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map={"EndpointName": self.endpoint, "VariantName": self.slot},
            statistic=statistic,
            period=_MINUTE,
            label=label,
        )

    def _ours(self, metric: Metric, statistic: str, label: str) -> cloudwatch.Metric:
        dimensions = {Dimension.MODEL: self.model, Dimension.VARIANT: self.slot}
        return _our_metric(metric, dimensions, statistic, label)


def our_metric(metric: Metric) -> cloudwatch.Metric:
    """One of our counts that not even a model is to blame for, a minute."""
    return _our_metric(metric, {}, "Sum", metric)


def model_metric(model: str, metric: Metric) -> cloudwatch.Metric:
    """One of our counts that no variant is to blame for, a minute."""
    return _our_metric(metric, {Dimension.MODEL: model}, "Sum", metric)


def _share(faults: str, metrics: Mapping[str, cloudwatch.IMetric], label: str) -> cloudwatch.MathExpression:
    """Faults as a percentage of ``invocations``; 0 while they are few, and no data where there are no invocations."""
    expression = f"IF({faults} >= {_FEWEST_FAULTS}, 100, 0) * {faults} / invocations"
    return cloudwatch.MathExpression(expression=expression, using_metrics=metrics, label=label, period=_MINUTE)


def _our_metric(metric: Metric, dimensions: dict[Dimension, str], statistic: str, label: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric.value,
        dimensions_map={name.value: value for name, value in dimensions.items()},
        statistic=statistic,
        period=_MINUTE,
        label=str(label),
    )

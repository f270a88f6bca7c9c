"""How often was a model asked, hour by hour? Our own metric, summed over the slots.

A release moves shares from slot to slot, and an experiment adds slots: all that there may be are asked for, so that
none of it looks like more or less traffic. An hour of a metric is kept for 455 days.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Self

from botocore.config import Config

from sluice.aws.client import connect
from sluice.aws.metric_data import MetricQuery, read_metrics
from sluice.domain.monitoring.window import LENGTH
from sluice.domain.variant import SLOTS
from sluice.telemetry import NAMESPACE, Dimension, Metric


class PredictionsAsked:
    """The metrics of this account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """In the environment's region."""
        return cls(connect("cloudwatch", Config(connect_timeout=5, read_timeout=20)))

    def by_hour(self, model: str, *, start: datetime, end: datetime) -> dict[datetime, float]:
        """Predictions from ``start`` to before ``end``, both whole hours, by the hour; one without any is missing.

        Raises MetricsIncomplete.
        """
        metric = (NAMESPACE, Metric.PREDICTIONS.value)
        queries = [
            MetricQuery(
                (slot, "", Metric.PREDICTIONS.value),
                metric,
                "Sum",
                {Dimension.MODEL.value: model, Dimension.VARIANT.value: slot},
                LENGTH,
            )
            for slot in SLOTS
        ]
        total: defaultdict[datetime, float] = defaultdict(float)
        for series in read_metrics(self._client, queries, start=start, end=end).values():
            for at, count in series.items():
                if start <= at < end and count:
                    total[at.astimezone(UTC)] += count
        return dict(total)

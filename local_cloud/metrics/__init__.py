"""CloudWatch's metrics, kept and computed here: statistics with percentiles, exact dimensions, metric math."""

from local_cloud.metrics.operations import install_metrics
from local_cloud.metrics.store import MetricStore

__all__ = ["MetricStore", "install_metrics"]

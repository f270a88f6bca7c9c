"""Read metrics from CloudWatch: all that was asked for, or nothing.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sluice.domain.errors import SluiceError

Name = tuple[str, str, str]
Series = Mapping[datetime, float]


class MetricsIncomplete(SluiceError):
    """CloudWatch did not return all that was asked of it; the next look asks again for the same time."""


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One metric's statistic.

    Attributes:
        name: Of the answer, and in errors; empty parts are not told.
        metric: Its namespace and its name.
        statistic: Such as ``Sum``.
        dimensions: All that it has.
        period: What a value is of.

    """

    name: Name
    metric: tuple[str, str]
    statistic: str
    dimensions: Mapping[str, str]
    period: timedelta

    def to_form(self) -> dict[str, Any]:
        """As the API wants it."""
        dimensions = [{"Name": dimension, "Value": value} for dimension, value in self.dimensions.items()]
        metric = {"Namespace": self.metric[0], "MetricName": self.metric[1], "Dimensions": dimensions}
        return {"Metric": metric, "Period": int(self.period.total_seconds()), "Stat": self.statistic}


def read_metrics(
    client: Any, queries: Sequence[MetricQuery], *, start: datetime, end: datetime
) -> dict[Name, dict[datetime, float]]:
    """What each metric was, by the beginning of its period; ``client`` is of ``cloudwatch``.

    Raises MetricsIncomplete.
    """
    by_id = {f"q{number}": query for number, query in enumerate(queries)}
    forms = [{"Id": name, "MetricStat": query.to_form()} for name, query in by_id.items()]
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=forms, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
    )
    found: dict[Name, dict[datetime, float]] = defaultdict(dict)
    said: dict[str, str] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            values = zip(result["Timestamps"], map(float, result["Values"]), strict=True)
            found[by_id[result["Id"]].name].update(values)
            said[" ".join(filter(None, by_id[result["Id"]].name))] = result["StatusCode"]
    _check_complete(said)
    return {query.name: found[query.name] for query in queries}


def _check_complete(said: Mapping[str, str]) -> None:
    """Raise MetricsIncomplete unless the last word on each metric is Complete; PartialData goes on on the next page.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
    """
    lacking = [f"{name}: {status}" for name, status in said.items() if status != "Complete"]
    if lacking:
        raise MetricsIncomplete(f"CloudWatch did not return all metrics, so nothing is counted: {', '.join(lacking)}")

"""Which metrics does a log line carry? CloudWatch's embedded metric format.

Source: "Specification: Embedded metric format" in the CloudWatch user guide.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Datum = dict[str, Any]


def embedded_metrics(line: str, *, at: datetime | None = None) -> list[tuple[str, Datum]]:
    """(namespace, datum for PutMetricData) of each metric and each set of its dimensions; none for other lines.

    They are dated as the line says, or `at`.
    """
    if '"CloudWatchMetrics"' not in line or not line.startswith("{"):
        return []
    try:
        record = json.loads(line)
        directives = record["_aws"]["CloudWatchMetrics"]
        timestamp = at or datetime.fromtimestamp(record["_aws"]["Timestamp"] / 1000, UTC)
        return [pair for directive in directives for pair in _of_directive(directive, record, timestamp)]
    except (ValueError, KeyError, TypeError):
        return []  # CloudWatch ignores what does not fit the specification, and so must we


def invocation_metrics(function: str, *, at: datetime, duration_ms: float, failed: bool) -> list[Datum]:
    """What Lambda itself counts for each invocation in AWS/Lambda."""
    dimensions = [{"Name": "FunctionName", "Value": function}]
    values = [
        ("Invocations", 1.0, "Count"),
        ("Errors", float(failed), "Count"),
        ("Duration", duration_ms, "Milliseconds"),
    ]
    return [
        {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions, "Timestamp": at}
        for name, value, unit in values
    ]


def _of_directive(
    directive: Mapping[str, Any], record: Mapping[str, Any], timestamp: datetime
) -> Iterator[tuple[str, Datum]]:
    for metric in directive["Metrics"]:
        values = record.get(metric["Name"])
        if values is None:
            continue
        for names in directive.get("Dimensions") or [[]]:
            yield (
                directive["Namespace"],
                {
                    "MetricName": metric["Name"],
                    "Values": [float(value) for value in (values if isinstance(values, list) else [values])],
                    "Unit": metric.get("Unit", "None"),
                    "Dimensions": [{"Name": name, "Value": str(record[name])} for name in names],
                    "Timestamp": timestamp,
                    "StorageResolution": metric.get("StorageResolution", 60),
                },
            )

"""Why is each invocation counted once, although it is published under two sets of dimensions?

CloudWatch treats each unique combination of dimensions as a separate metric. moto's GetMetricStatistics takes
those that have further dimensions too (RUN moto 5.2.5; its GetMetricData does not), so a query by endpoint and variant
would also count what is published by endpoint, variant and config.
"""

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import MetricDatumBase

Matches = Callable[..., bool]


def install() -> Matches:
    """Have GetMetricStatistics ask for exactly the dimensions given; returns what ``uninstall`` takes."""
    original: Matches = MetricDatumBase.filter

    def matches(datum: Any, *positional: Any, **named: Any) -> bool:
        if positional:  # GetMetricStatistics; ListMetrics passes names, and may ask for some of the dimensions only
            *_, dimensions = positional
            if len(dimensions) != len(datum.dimensions):
                return False
        return original(datum, *positional, **named)

    MetricDatumBase.filter = matches
    return original


def uninstall(original: Matches) -> None:
    """Give moto its own matching back."""
    MetricDatumBase.filter = original

"""Which of moto's operations on metrics are replaced, and by what?

moto 5.2.5 keeps one object per value, crashes on percentiles, answers metric math with nothing, and takes metrics with
further dimensions for the one that was asked for (RUN). Its checks of what is put are kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from local_cloud.context import Clock
from local_cloud.functions.replaced import replaced
from local_cloud.metrics.query import InvalidQuery, MetricQuery, Query, answer, parse_queries
from local_cloud.metrics.samples import Samples, StatisticSet
from local_cloud.metrics.store import Metric, MetricStore, Series, Span, utc

Request = Mapping[str, Any]
_MOST_LISTED = 500
_MOST_STATISTICS = 1440
_MOST_POINTS = 100_800


@contextmanager
def install_metrics(store: MetricStore, clock: Clock) -> Iterator[None]:
    """Metric data go to the store and are read from there, in this process, until the context ends."""
    operations = _Operations(store, clock)
    with ExitStack() as hooks:
        hooks.enter_context(replaced(CloudWatchBackend, "put_metric_data", _putting(operations)))
        for name in ("get_metric_data", "get_metric_statistics", "list_metrics"):
            hooks.enter_context(replaced(CloudWatchResponse, name, _handler(getattr(operations, name))))
        yield


def _putting(operations: "_Operations") -> Any:
    """What the API calls, and the parts of the cloud that put metrics without HTTP."""

    def put_metric_data(backend: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        for number, datum in enumerate(metric_data, start=1):
            backend._validate_parameters_put_metric_data(datum, number)  # noqa: SLF001  its checks are right
        operations.put_metric_data(namespace, metric_data)

    return put_metric_data


def _handler(perform: Any) -> Any:
    def handle(response: Any) -> ActionResult:
        try:
            return ActionResult(perform(response.params))
        except InvalidQuery as wrong:
            raise ValidationError(str(wrong)) from wrong

    return handle


class _Operations:
    """As moto's server calls them."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def get_metric_data(self, request: Request) -> dict[str, Any]:
        """GetMetricData; everything in one answer."""
        queries = parse_queries(request.get("MetricDataQueries") or [])
        start, end = _times(request)

        def read(metric: MetricQuery) -> Series:
            return self._store.series(
                metric.metric, metric.statistic, Span.between(start, end, metric.period), metric.unit
            )

        series = answer(queries, read, lambda period: Span.between(start, end, period).steps)
        newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = [_result(query, one, newest_first) for query in queries for one in series.get(query.id, [])]
        if sum(len(one["Values"]) for one in results) > min(request.get("MaxDatapoints") or _MOST_POINTS, _MOST_POINTS):
            raise InvalidQuery("More data points than MaxDatapoints: the local cloud answers in one page only.")
        return {"MetricDataResults": results, "Messages": []}

    def get_metric_statistics(self, request: Request) -> dict[str, Any]:
        """GetMetricStatistics: a data point per period and unit."""
        wanted = [*(request.get("Statistics") or ()), *(request.get("ExtendedStatistics") or ())]
        if not wanted:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        start, end = _times(request)
        span = Span.between(start, end, int(request["Period"]))
        if len(span.steps) > _MOST_STATISTICS:
            raise InvalidParameterCombination(
                f"You have requested up to {len(span.steps)} datapoints, which exceeds the limit of {_MOST_STATISTICS}."
            )
        metric = Metric.from_request(request["Namespace"], request)
        points: dict[tuple[str, int], dict[str, Any]] = {}
        for unit in [request["Unit"]] if request.get("Unit") else self._store.units(metric):
            for name in wanted:
                query = MetricQuery.of(metric, name, span.period, unit)
                for second, value in self._store.series(metric, query.statistic, span, unit).items():
                    point = points.setdefault((unit, second), {"Timestamp": _moment(second), "Unit": unit})
                    extended = name in (request.get("ExtendedStatistics") or ())
                    (point.setdefault("ExtendedStatistics", {}) if extended else point)[name] = value
        return {"Label": metric.name, "Datapoints": list(points.values())}

    def list_metrics(self, request: Request) -> dict[str, Any]:
        """ListMetrics."""
        found = [metric.describe() for metric in self._store.metrics() if _is_listed(metric, request)]
        first = int(request.get("NextToken") or 0)
        rest = {"NextToken": str(first + _MOST_LISTED)} if len(found) > first + _MOST_LISTED else {}
        return {"Metrics": found[first : first + _MOST_LISTED], **rest}

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        """PutMetricData; what has no time of its own happened now, by the cloud's clock."""
        for datum in metric_data:
            self._store.put(
                Metric.from_request(namespace, datum),
                _samples(datum),
                at=datum.get("Timestamp") or self._clock.now(),
                unit=datum.get("Unit") or "None",
                resolution=int(datum.get("StorageResolution") or 60),
            )


def _samples(datum: Request) -> Samples:
    if datum.get("Values"):
        counts = [float(count) for count in datum.get("Counts") or ()]
        return Samples.of([float(value) for value in datum["Values"]], counts or None)
    if known := datum.get("StatisticValues"):
        numbers = (float(known[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum"))
        return Samples.of_set(StatisticSet(*numbers))
    return Samples.of([float(datum.get("Value", 0))])


def _times(request: Request) -> tuple[datetime, datetime]:
    start, end = utc(request["StartTime"]), utc(request["EndTime"])
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _result(query: Query, series: Series, newest_first: bool) -> dict[str, Any]:  # noqa: FBT001  said by its name
    ordered = sorted(series.items(), reverse=newest_first)
    return {
        "Id": query.id,
        "Label": query.label,
        "Timestamps": [_moment(second) for second, _ in ordered],
        "Values": [value for _, value in ordered],
        "StatusCode": "Complete",
    }


def _is_listed(metric: Metric, request: Request) -> bool:
    """Whether it has the name, the namespace, and at least the dimensions asked for."""
    has = dict(metric.dimensions)
    return (
        request.get("Namespace") in (None, metric.namespace)
        and request.get("MetricName") in (None, metric.name)
        and all(
            one["Name"] in has and one.get("Value") in (None, has[one["Name"]])
            for one in request.get("Dimensions") or ()
        )
    )


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)

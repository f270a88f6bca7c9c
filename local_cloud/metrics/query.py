"""What do the MetricDataQueries of GetMetricData, or of an alarm, ask for, and what is the answer?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.metrics.arithmetic import Scope, Value, evaluate
from local_cloud.metrics.expression import InvalidExpression, Node, calls, names, parse
from local_cloud.metrics.functions import FUNCTIONS
from local_cloud.metrics.statistic import Statistic, UnknownStatistic, parse_statistic
from local_cloud.metrics.store import MINUTE, Metric, Series

_SHORT_PERIODS = (1, 5, 10, 20, 30)
_KEYWORDS = frozenset({"REPEAT", "LINEAR"})
#: Reads the statistic of a metric in one unit, or in all, over periods of so many seconds.
Read = Callable[["MetricQuery"], Series]


class InvalidQuery(ValueError):
    """A query that AWS refuses, or that the local cloud does not know how to answer."""


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A statistic of a metric."""

    metric: Metric
    statistic_name: str
    statistic: Statistic
    period: int
    unit: str | None = None

    @classmethod
    def of(cls, metric: Metric, statistic: str, period: int, unit: str | None = None) -> "MetricQuery":
        """Raises InvalidQuery."""
        if period not in _SHORT_PERIODS and (period <= 0 or period % MINUTE):
            raise InvalidQuery(f"The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, not {period}.")
        try:
            return cls(metric, statistic, parse_statistic(statistic), period, unit)
        except UnknownStatistic as unknown:
            raise InvalidQuery(str(unknown)) from unknown


@dataclass(frozen=True, slots=True)
class Query:
    """One of the queries: ``what`` is a metric's statistic or an expression."""

    id: str
    what: MetricQuery | Node
    label: str
    is_returned: bool

    @property
    def metric(self) -> MetricQuery | None:
        """The metric, unless it is an expression."""
        return self.what if isinstance(self.what, MetricQuery) else None


def parse_queries(requests: Sequence[Mapping[str, Any]]) -> list[Query]:
    """Raises InvalidQuery, also for an expression with an unknown id or function, or that needs itself."""
    queries = [_query(request) for request in requests]
    known = {query.id: query for query in queries}
    if len(known) != len(queries):
        raise InvalidQuery("The values for parameter id in MetricDataQueries are not unique.")
    for query in queries:
        if not isinstance(query.what, MetricQuery):
            _check(query, query.what, known)
    _order(known)
    return queries


def answer(queries: Sequence[Query], read: Read, grid: Callable[[int], Sequence[int]]) -> dict[str, list[Series]]:
    """The one or several series of each returned query.

    Args:
        queries: From `parse_queries`.
        read: Reads a metric.
        grid: Every time a point could have, given the period.

    Raises:
        InvalidQuery: An expression gives a number, or its operands do not fit.

    """
    metrics = {query.id: query.metric for query in queries if query.metric is not None}
    values: dict[str, Value] = {name: read(metric) for name, metric in metrics.items()}
    periods = {name: metric.period for name, metric in metrics.items()}
    times = grid(max(periods.values(), default=MINUTE))
    known = {query.id: query for query in queries}
    try:
        for name in _order(known):
            values[name] = evaluate(_node(known[name]), Scope(values, list(metrics), periods, times), FUNCTIONS)
        return {query.id: _series(query, values[query.id]) for query in queries if query.is_returned}
    except InvalidExpression as wrong:
        raise InvalidQuery(str(wrong)) from wrong


def _query(request: Mapping[str, Any]) -> Query:
    name, stat, expression = request["Id"], request.get("MetricStat"), request.get("Expression")
    if (stat is None) == (expression is None):
        raise InvalidQuery(f"The query {name} needs either MetricStat or Expression.")
    if not name[:1].islower():
        raise InvalidQuery(f"The id {name} does not begin with a lower-case letter.")
    is_returned = bool(request.get("ReturnData", True))
    if stat is None:
        return Query(name, _parsed(str(expression)), request.get("Label") or name, is_returned)
    metric = Metric.from_request(stat["Metric"]["Namespace"], stat["Metric"])
    what = MetricQuery.of(metric, stat["Stat"], int(stat["Period"]), stat.get("Unit"))
    return Query(name, what, request.get("Label") or metric.name, is_returned)


def _parsed(expression: str) -> Node:
    try:
        return parse(expression)
    except InvalidExpression as wrong:
        raise InvalidQuery(str(wrong)) from wrong


def _check(query: Query, node: Node, known: Mapping[str, Query]) -> None:
    unknown = sorted(set(names(node)) - known.keys() - _KEYWORDS)
    if unknown:
        raise InvalidQuery(f"Error in expression '{query.id}': the id {unknown[0]} is not known.")
    for call in calls(node):
        if call.function not in FUNCTIONS:
            raise InvalidQuery(f"Error in expression '{query.id}': unsupported function {call.function}.")


def _order(known: Mapping[str, Query]) -> list[str]:
    """The ids of the expressions, each after those it needs. Raises InvalidQuery for a cycle."""
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise InvalidQuery(f"Error in expression '{name}': it needs itself.")
        if name not in done and known[name].metric is None:
            for needed in _needed(known[name], known):
                visit(needed, (*path, name))
            done.append(name)

    for name in known:
        visit(name, ())
    return done


def _needed(query: Query, known: Mapping[str, Query]) -> Iterator[str]:
    return (name for name in names(_node(query)) if name in known)


def _node(query: Query) -> Node:
    if isinstance(query.what, MetricQuery):
        raise TypeError(f"{query.id} is a metric")
    return query.what


def _series(query: Query, value: Value) -> list[Series]:
    if isinstance(value, float):
        raise InvalidQuery(f"Error in expression '{query.id}': it gives a number where a time series must be.")
    return value if isinstance(value, list) else [value]

"""The functions of metric math that the local cloud knows; any other name is refused.

Source: "Functions supported for metric math" and "Using IF expressions" in the CloudWatch user guide. A function of
one series that gives a scalar gives an empty series where the series is empty.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from local_cloud.metrics.arithmetic import Functions, Scope, Value, arrayed, evaluate
from local_cloud.metrics.expression import InvalidExpression, Name, Node, Text
from local_cloud.metrics.store import Series

_Reduce = Callable[[Sequence[float]], float]


def _value(node: Node, scope: Scope) -> Value:
    return evaluate(node, scope, FUNCTIONS)


def _expect(arguments: Sequence[Node], name: str, *counts: int) -> None:
    if len(arguments) not in counts:
        wanted = " or ".join(map(str, counts))
        raise InvalidExpression(f"Error in expression: {name} takes {wanted} arguments, not {len(arguments)}.")


def _each(name: str, compute: Callable[[float], float]) -> Callable[[Sequence[Node], Scope], Value]:
    """A function of each point."""

    def function(arguments: Sequence[Node], scope: Scope) -> Value:
        _expect(arguments, name, 1)
        value = _value(arguments[0], scope)
        if isinstance(value, float):
            return float(compute(value))
        found = [{time: float(compute(point)) for time, point in one.items()} for one in arrayed(value)]
        return found if isinstance(value, list) else found[0]

    return function


def _reduction(name: str, compute: _Reduce, *, missing_is_zero: bool) -> Callable[[Sequence[Node], Scope], Value]:
    """A function of all points of a series, or of the points of an array at each time."""

    def function(arguments: Sequence[Node], scope: Scope) -> Value:
        _expect(arguments, name, 1)
        value = _value(arguments[0], scope)
        if isinstance(value, float):
            return value
        if isinstance(value, dict):
            return compute(list(value.values())) if value else {}
        times = sorted({time for one in value for time in one})
        default = [0.0] if missing_is_zero else []
        return {
            time: compute([point for one in value for point in ([one[time]] if time in one else default)])
            for time in times
        }

    return function


def _if(arguments: Sequence[Node], scope: Scope) -> Value:
    """Where the chosen series has no point the result is 0; without a third argument, false drops the point."""
    _expect(arguments, "IF", 2, 3)
    condition, *choices = (_value(node, scope) for node in arguments)
    if isinstance(condition, list) or any(isinstance(choice, list) for choice in choices):
        raise InvalidExpression("Error in expression: IF takes no arrays.")
    chosen = dict(zip((True, False), choices, strict=False))
    if isinstance(condition, float):
        return chosen.get(bool(condition), {})
    points = {time: chosen.get(bool(truth)) for time, truth in condition.items()}
    return {time: _point(choice, time) for time, choice in points.items() if choice is not None}


def _point(choice: Value, time: int) -> float:
    if isinstance(choice, dict):
        return choice.get(time, 0.0)
    return choice if isinstance(choice, float) else 0.0


def _fill(arguments: Sequence[Node], scope: Scope) -> Value:
    _expect(arguments, "FILL", 2)
    value, filler = _value(arguments[0], scope), arguments[1]
    keywords = {"REPEAT": _repeated, "LINEAR": _linear}
    if isinstance(filler, Name) and filler.name in keywords:
        fill = keywords[filler.name]
        filled = [fill(one, scope.grid) for one in arrayed(value)]
    else:
        other = _value(filler, scope)
        if isinstance(other, list):
            raise InvalidExpression("Error in expression: FILL does not fill with an array.")
        rest = other if isinstance(other, dict) else dict.fromkeys(scope.grid, other)
        filled = [dict(sorted({**rest, **one}.items())) for one in arrayed(value)]
    return filled if isinstance(value, list) else filled[0]


def _repeated(series: Series, grid: Sequence[int]) -> Series:
    found, last = dict(series), None
    for time in grid:
        last = found.get(time, last)
        if last is not None:
            found[time] = last
    return dict(sorted(found.items()))


def _linear(series: Series, grid: Sequence[int]) -> Series:
    found = dict(series)
    for (start, first), (end, last) in pairwise(sorted(series.items())):
        for time in grid:
            if start < time < end:
                found[time] = first + (last - first) * (time - start) / (end - start)
    return dict(sorted(found.items()))


def _metrics(arguments: Sequence[Node], scope: Scope) -> Value:
    _expect(arguments, "METRICS", 0, 1)
    wanted = arguments[0] if arguments else Text("")
    if not isinstance(wanted, Text):
        raise InvalidExpression("Error in expression: METRICS takes a text.")
    return [one for name in scope.metrics if wanted.value in name for one in arrayed(scope.values[name])]


def _metric_count(arguments: Sequence[Node], scope: Scope) -> Value:
    _expect(arguments, "METRIC_COUNT", 1)
    return float(len(arrayed(_value(arguments[0], scope))))


def _period(arguments: Sequence[Node], scope: Scope) -> Value:
    _expect(arguments, "PERIOD", 1)
    wanted = arguments[0]
    if not isinstance(wanted, Name) or wanted.name not in scope.periods:
        raise InvalidExpression("Error in expression: PERIOD takes the id of a metric.")
    return float(scope.periods[wanted.name])


def _time_series(arguments: Sequence[Node], scope: Scope) -> Value:
    _expect(arguments, "TIME_SERIES", 1)
    value = _value(arguments[0], scope)
    if not isinstance(value, float):
        raise InvalidExpression("Error in expression: TIME_SERIES takes a number.")
    return dict.fromkeys(scope.grid, value)


FUNCTIONS: Functions = {
    "ABS": _each("ABS", abs),
    "AVG": _reduction("AVG", lambda points: sum(points) / len(points), missing_is_zero=True),
    "CEIL": _each("CEIL", math.ceil),
    "FILL": _fill,
    "FLOOR": _each("FLOOR", math.floor),
    "IF": _if,
    "MAX": _reduction("MAX", max, missing_is_zero=False),
    "METRICS": _metrics,
    "METRIC_COUNT": _metric_count,
    "MIN": _reduction("MIN", min, missing_is_zero=False),
    "PERIOD": _period,
    "SUM": _reduction("SUM", sum, missing_is_zero=True),
    "TIME_SERIES": _time_series,
}

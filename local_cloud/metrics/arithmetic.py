"""What is the value of a metric math expression over some time series?

Source: "Math expressions with metrics" in the CloudWatch user guide: a value that is missing counts as 0 where the
other operand has one; a division by zero drops the data point.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from local_cloud.metrics.expression import Array, Call, InvalidExpression, Name, Node, Number, Operation
from local_cloud.metrics.store import Series

Value = float | Series | list[Series]
_Operator = Callable[[float, float], float]

OPERATORS: Mapping[str, _Operator] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&&": lambda left, right: bool(left) and bool(right),
    "||": lambda left, right: bool(left) or bool(right),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can refer to.

    Attributes:
        values: Metrics and other expressions by id.
        metrics: The ids that are metrics, in the order of the request.
        periods: Seconds between the points of each metric, by id.
        grid: Every time a point could have, in order.

    """

    values: Mapping[str, Value]
    metrics: Sequence[str] = ()
    periods: Mapping[str, int] = field(default_factory=dict)
    grid: Sequence[int] = ()


def evaluate(node: Node, scope: Scope, functions: "Functions") -> Value:
    """Raises InvalidExpression for an id or function that is not known, and for operands that do not fit."""
    match node:
        case Number(value):
            return value
        case Name(name) if name in scope.values:
            return scope.values[name]
        case Name(name):
            raise InvalidExpression(f"Error in expression: the id {name} is not known.")
        case Operation(sign, left, right):
            return combine(OPERATORS[sign], evaluate(left, scope, functions), evaluate(right, scope, functions))
        case Array(items):
            return [one for item in items for one in arrayed(evaluate(item, scope, functions))]
        case Call(name, arguments) if name in functions:
            return functions[name](arguments, scope)
        case Call(name, _):
            raise InvalidExpression(f"Error in expression: unsupported function {name}.")
        case _:
            raise InvalidExpression("Error in expression: a text stands where no text may stand.")


Functions = Mapping[str, Callable[[Sequence[Node], Scope], Value]]


def combine(compute: _Operator, left: Value, right: Value) -> Value:
    """One operation on two scalars, series, or arrays with either."""
    if isinstance(left, list) and isinstance(right, list):
        raise InvalidExpression("Error in expression: an operator takes one array at most.")
    if isinstance(left, list):
        return [_pairwise(compute, one, right) for one in left if not isinstance(right, list)]
    if isinstance(right, list):
        return [_pairwise(compute, left, one) for one in right]
    if isinstance(left, dict) or isinstance(right, dict):
        return _pairwise(compute, left, right)
    result = _computed(compute, left, right)
    if result is None:
        raise InvalidExpression("Error in expression: a number that cannot be computed.")
    return result


def arrayed(value: Value) -> list[Series]:
    """The series of a value; raises InvalidExpression for a number."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise InvalidExpression("Error in expression: a number stands where a time series must stand.")


def _pairwise(compute: _Operator, left: float | Series, right: float | Series) -> Series:
    times = sorted({time for operand in (left, right) if isinstance(operand, dict) for time in operand})
    found = {time: _computed(compute, _at(left, time), _at(right, time)) for time in times}
    return {time: value for time, value in found.items() if value is not None}


def _at(operand: float | Series, time: int) -> float:
    return operand.get(time, 0.0) if isinstance(operand, dict) else operand


def _computed(compute: _Operator, left: float, right: float) -> float | None:
    try:
        result = compute(left, right)
        return float(result) if not isinstance(result, complex) else None
    except ArithmeticError:
        return None

"""Does a condition step's condition hold?"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from local_cloud.sagemaker.pipelines.reference import Unresolved

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_MEMBERS = {
    **{kind: {"Type", "LeftValue", "RightValue"} for kind in (*_ORDERS, "Equals")},
    "In": {"Type", "QueryValue", "Values"},
    "Not": {"Type", "Expression"},
    "Or": {"Type", "Conditions"},
}


def check(conditions: Sequence[Mapping[str, Any]]) -> None:
    """Raise Unresolved for a condition that is none."""
    if not conditions:
        raise Unresolved("a Condition step needs Conditions")
    for each in conditions:
        kind = each.get("Type")
        if kind not in _MEMBERS or each.keys() != _MEMBERS[kind]:
            raise Unresolved(f"{dict(each)} is not a condition")
        if kind == "Not":
            check([each["Expression"]])
        elif kind == "Or":
            check(each["Conditions"])


def property_files(node: Any) -> Iterator[Mapping[str, Any]]:
    """The argument of every JsonGet below a node."""
    if isinstance(node, list):
        for each in node:
            yield from property_files(each)
    elif isinstance(node, Mapping):
        if "Std:JsonGet" in node:
            yield node["Std:JsonGet"]
        else:
            yield from property_files(list(node.values()))


def all_hold(conditions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every condition holds; their values are resolved. Raises Unresolved for what cannot be compared."""
    return all(map(_holds, conditions))


def _holds(condition: Mapping[str, Any]) -> bool:
    match condition["Type"]:
        case "Not":
            return not _holds(condition["Expression"])
        case "Or":
            return any(map(_holds, condition["Conditions"]))
        case "In":
            return condition["QueryValue"] in condition["Values"]
        case "Equals":
            return bool(condition["LeftValue"] == condition["RightValue"])
        case kind:
            return _is_ordered(_ORDERS[kind], condition["LeftValue"], condition["RightValue"])


def _is_ordered(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if not (_is_number(left) and _is_number(right)):
        raise Unresolved(f"{left!r} and {right!r} cannot be compared: both must be numbers")
    return compare(left, right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

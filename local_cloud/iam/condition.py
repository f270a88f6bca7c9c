"""Does a statement's Condition block hold for a request's context?

Every operator of the block and every key below it must hold; of several wanted values one is enough (or, for a negated
operator, none may match). Source: IAM user guide, "IAM JSON policy elements: Condition operators".
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from local_cloud.iam.wildcard import UnsupportedPolicy, matches

Context = Mapping[str, str | Sequence[str]]
Comparison = Callable[[str, str], bool]


def holds(block: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether all conditions hold; an empty block does.

    Raises:
        UnsupportedPolicy: The block names an operator that is not evaluated here.

    """
    if not block:
        return True
    present = {key.lower(): several(value) for key, value in context.items()}
    return all(
        _key_holds(name, several(wanted), present.get(key.lower(), []))
        for name, keys in block.items()
        for key, wanted in keys.items()
    )


def several(value: Any) -> list[str]:
    """One value or a list of them, as a list of strings; JSON booleans and numbers are read as IAM writes them."""
    values = value if isinstance(value, list | tuple) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _key_holds(name: str, wanted: list[str], values: list[str]) -> bool:
    quantifier, _, plain = name.rpartition(":")
    if plain == "Null":
        return (wanted == ["true"]) == (not values)
    compare, negated = _comparison(plain.removesuffix("IfExists"))
    if not values:
        return plain.endswith("IfExists") or quantifier == "ForAllValues" or (negated and not quantifier)
    held = [any(compare(want, value) for want in wanted) != negated for value in values]
    if quantifier == "ForAnyValue" or (not quantifier and not negated):
        return any(held)
    return all(held)


def _comparison(name: str) -> tuple[Comparison, bool]:
    """The comparison behind an operator's name, and whether the operator negates it."""
    if name in _COMPARISONS:
        return _COMPARISONS[name], False
    if name in _NEGATED:
        return _COMPARISONS[_NEGATED[name]], True
    raise UnsupportedPolicy(f"the condition operator {name} is not evaluated")


def _same_arn(pattern: str, arn: str) -> bool:
    """The six parts of an ARN are compared one by one: a wildcard does not reach over a colon."""
    wanted, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(parts) and all(map(matches, wanted, parts))


def _number(compare: Callable[[float, float], bool]) -> Comparison:
    return lambda wanted, value: compare(float(value), float(wanted))


def _same_text_in_any_case(wanted: str, value: str) -> bool:
    return wanted.lower() == value.lower()


def _within(network: str, address: str) -> bool:
    return ip_address(address) in ip_network(network, strict=False)


_COMPARISONS: Mapping[str, Comparison] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": _same_text_in_any_case,
    "StringLike": matches,
    "ArnEquals": _same_arn,
    "ArnLike": _same_arn,
    "Bool": _same_text_in_any_case,
    "NumericEquals": _number(operator.eq),
    "NumericLessThan": _number(operator.lt),
    "NumericLessThanEquals": _number(operator.le),
    "NumericGreaterThan": _number(operator.gt),
    "NumericGreaterThanEquals": _number(operator.ge),
    "IpAddress": _within,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "NotIpAddress": "IpAddress",
}

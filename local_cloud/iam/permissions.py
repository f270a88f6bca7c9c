"""What does IAM ask of the caller of an API operation: which actions, on which resources, with which condition keys?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import jmespath  # type: ignore[import-untyped]  # botocore's own dependency; it ships no types

from local_cloud.iam.operations import CONTEXT_KEYS, FREE, PREFIXES, RULES, Rule
from local_cloud.iam.policy import Request

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Call:
    """One API call as a client is about to make it.

    Attributes:
        service: IAM's prefix of the service (``dynamodb``, ``sagemaker``, ``cloudwatch``).
        operation: The API operation (``TransactWriteItems``).
        parameters: Its input, by the names of the API.

    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str


def required(call: Call) -> list[Request]:
    """Each must be allowed, else the call is refused; an operation that is free for everybody needs none.

    An operation that ``operations.py`` does not describe needs its own name on the resource ``*``,
    so that only a statement with ``"Resource": "*"`` can allow it.
    """
    if (call.service, call.operation) in FREE:
        return []
    rules = _rules_of(call.service, call.operation)
    if not rules:
        return [Request(f"{call.service}:{call.operation}", "*", _context(call))]
    context = _context(call)
    return [
        Request(_action(call, rule), resource, context)
        for rule in rules
        if not rule.when or _value(rule.when, call)
        for resource in _resources(rule, call)
    ]


@lru_cache(maxsize=1024)
def _rules_of(service: str, operation: str) -> list[Rule]:
    return [rule for rule in RULES.get(service, ()) if operation in rule.operations.split()]


def _action(call: Call, rule: Rule) -> str:
    name = rule.action or call.operation
    return name if ":" in name else f"{call.service}:{name}"


def _context(call: Call) -> dict[str, list[str]]:
    """The request's condition keys: those of every request and those of this operation that have a value."""
    keys = {
        "aws:SecureTransport": ["true"],
        "aws:RequestedRegion": [call.region],
        "aws:PrincipalAccount": [call.account],
    }
    for key, expression in CONTEXT_KEYS.get((call.service, call.operation), {}).items():
        if values := _texts(_value(expression, call)):
            keys[key] = values
    return keys


def _resources(rule: Rule, call: Call) -> Iterator[str]:
    """The ARNs a rule names for this call; a list among the parameters makes one ARN per element."""
    template = _template(rule, call)
    expressions = _PLACEHOLDER.findall(template)
    values = [_named(rule, expression, call) for expression in expressions]
    for chosen in product(*values):
        remaining = iter(chosen)
        yield _arn(call, _PLACEHOLDER.sub(lambda _: next(remaining), template), chosen)  # noqa: B023  used at once


def _template(rule: Rule, call: Call) -> str:
    """Of a rule's alternatives the first whose parameters are all given, else the last."""
    *specific, general = rule.resource.split(" | ")
    for template in specific:
        if all(_value(expression, call) is not None for expression in _PLACEHOLDER.findall(template)):
            return template
    return general


def _named(rule: Rule, expression: str, call: Call) -> list[str]:
    """The names below a parameter; one that is not given could be any, so it needs a grant for all of them."""
    value = _value(expression, call)
    names = ["*"] if value is None else _texts(value)
    if expression == "QueueUrl":
        names = [name.rpartition("/")[2] for name in names]
    return [name.lower() for name in names] if rule.lower else names


def _arn(call: Call, resource: str, names: tuple[str, ...]) -> str:
    if resource == "*":
        return "*"
    if names and names[0].startswith("arn:"):
        return resource[resource.index("arn:") :]
    prefix = PREFIXES.get(call.service, "arn:aws:{service}:{region}:{account}:")
    return prefix.format(service=call.service, region=call.region, account=call.account) + resource


def _value(expression: str, call: Call) -> Any:
    return jmespath.compile(expression).search(call.parameters)


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]

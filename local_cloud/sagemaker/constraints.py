"""Which values does SageMaker's own service model refuse, before anything else looks at them?

boto3 checks types and some minima; the service checks the rest: lengths, ranges, patterns and enums. They are read
from botocore's copy of the model, so that they are as new as boto3 (instance types above all).
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from local_cloud.sagemaker.refusal import Refused

_NUMBERS = ("integer", "long", "float", "double")


def check(operation: str, request: dict[str, Any]) -> None:
    """Raise Refused, with the text of AWS's own validation, unless the request keeps to the model."""
    found = list(_violations(operation_input(operation), request, ""))
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise Refused(f"{len(found)} validation {noun} detected: {'; '.join(found)}")


def operation_input(operation: str) -> Any:
    """The shape of an operation's request."""
    return _service().operation_model(operation).input_shape


@cache
def _service() -> Any:
    return ServiceModel(Loader().load_service_model("sagemaker", "service-2"))


def _violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    for constraint in _broken(shape, value):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}"
    if shape.type_name == "structure":
        for name in value.keys() & shape.members.keys():
            yield from _violations(shape.members[name], value[name], _join(path, name[0].lower() + name[1:]))
    elif shape.type_name == "list":
        for position, item in enumerate(value, start=1):
            yield from _violations(shape.member, item, _join(path, f"{position}.member"))


def _broken(shape: Any, value: Any) -> Iterator[str]:
    limits = shape.metadata
    what = "value" if shape.type_name in _NUMBERS else "length"
    if "max" in limits and _measure(what, value) > limits["max"]:
        yield f"have {what} less than or equal to {limits['max']}"
    if "min" in limits and _measure(what, value) < limits["min"]:
        yield f"have {what} greater than or equal to {limits['min']}"
    if shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
        pattern = _compiled(limits.get("pattern", ""))
        if pattern and not pattern.fullmatch(value):
            yield f"satisfy regular expression pattern: {limits['pattern']}"


def _measure(what: str, value: Any) -> float:
    return float(value if what == "value" else len(value))


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""None where there is no pattern, or one in Java's dialect (``\p{L}``), which then goes unchecked."""
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

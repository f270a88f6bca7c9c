"""Which value does each parameter of a template have?"""

from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.cloudformation.template import TemplateError

_STORED = "AWS::SSM::Parameter::Value<"


def given_or_default(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, str]:
    """The text of each parameter.

    Raises TemplateError for a value that is missing, unasked for or not allowed.
    """
    if unasked := sorted(given.keys() - declared.keys()):
        raise TemplateError(f"Parameters: {unasked} do not exist in the template")
    if missing := [n for n, parameter in declared.items() if n not in given and "Default" not in parameter]:
        raise TemplateError(f"Parameters: {missing} must have values")
    values = {name: str(given.get(name, parameter.get("Default"))) for name, parameter in declared.items()}
    for name, parameter in declared.items():
        if values[name] not in map(str, parameter.get("AllowedValues", [values[name]])):
            raise TemplateError(f"Parameter '{name}' must be one of AllowedValues")
    return values


def parameter_values(
    declared: Mapping[str, Mapping[str, Any]], texts: Mapping[str, str], *, stored: Callable[[str], str]
) -> dict[str, Any]:
    """What ``Ref`` gives for each parameter: lists split, names in the parameter store looked up by ``stored``."""
    return {name: _value(str(parameter["Type"]), texts[name], stored) for name, parameter in declared.items()}


def _value(kind: str, value: str, stored: Callable[[str], str]) -> str | list[str]:
    if kind.startswith(_STORED):
        value, kind = stored(value), kind.removeprefix(_STORED).removesuffix(">")
    is_list = kind.startswith("List<") or kind == "CommaDelimitedList"
    return [item.strip() for item in value.split(",")] if is_list else value

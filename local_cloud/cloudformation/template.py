"""What does a template say once its parameters, conditions and functions are worked out?"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from local_cloud.context import REGION

NO_VALUE = object()
_SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")
_LITERAL = re.compile(r"\$\{!([^}]*)\}")


class TemplateError(ValueError):
    """The template cannot mean anything; the text says why."""


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: short function tags, and dates are text."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    """``!GetAtt A.B`` and its like, in their long form."""
    if isinstance(node, yaml.SequenceNode):
        value: Any = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = loader.construct_scalar(node)  # type: ignore[arg-type]  # the third and last kind of node
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(body: str) -> dict[str, Any]:
    """The template in ``body``, JSON or YAML.

    Raises TemplateError when it is neither, or describes no resource.
    """
    try:
        template = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, Loader=_Loader)  # noqa: S506  a SafeLoader
    except (ValueError, yaml.YAMLError) as error:
        raise TemplateError(f"Template format error: {error}") from error
    if not isinstance(template, dict) or not template.get("Resources"):
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    return template


def _unknown(name: str, *_: str) -> str:
    raise TemplateError(f"Template error: {name} is not defined")


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything a function in a template may ask for.

    Attributes:
        values: Parameters and pseudo parameters by name; what ``Ref`` looks at first.
        reference: What ``Ref`` gives for a resource.
        attribute: What ``Fn::GetAtt`` gives for a resource and an attribute.
        imported: The value of an export of another stack.

    """

    values: Mapping[str, Any]
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    reference: Callable[[str], Any] = _unknown
    attribute: Callable[[str, str], Any] = _unknown
    imported: Callable[[str], str] = _unknown


def resolve(value: Any, scope: Scope) -> Any:
    """``value`` with every function worked out; members that are AWS::NoValue are gone."""
    if isinstance(value, list):
        return [item for item in (resolve(each, scope) for each in value) if item is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    name, argument = _as_function(value)
    if name:
        return _call(name, argument, scope)
    resolved = {key: resolve(each, scope) for key, each in value.items()}
    return {key: each for key, each in resolved.items() if each is not NO_VALUE}


def condition(expression: Any, scope: Scope) -> bool:
    """Whether a condition or the assertion of a rule holds."""
    if isinstance(expression, str):
        expression = scope.conditions[expression]
    (name, argument), *_ = expression.items()
    if name not in _CONDITIONS:
        raise TemplateError(f"Template error: {name} is no condition this local cloud knows")
    return _CONDITIONS[name](argument, scope)


def references(value: Any) -> Iterator[str]:
    """The names that ``value`` refers to: resources, parameters and pseudo parameters."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        name, argument = _as_function(value)
        if name == "Ref":
            yield argument
        elif name == "Fn::GetAtt":
            yield _attribute_path(argument)[0]
        elif name == "Fn::Sub":
            text, names = argument if isinstance(argument, list) else (argument, {})
            yield from (n.split(".")[0] for n in _SUBSTITUTION.findall(text) if n not in names)
            yield from references(names)
        else:
            for each in value.values():
                yield from references(each)


def _as_function(value: Mapping[str, Any]) -> tuple[str, Any]:
    if len(value) == 1:
        (name, argument), *_ = value.items()
        if name == "Ref" or name.startswith("Fn::"):
            return name, argument
    return "", None


def _call(name: str, argument: Any, scope: Scope) -> Any:
    if name not in _FUNCTIONS:
        raise TemplateError(f"Template error: the local cloud does not know {name}")
    try:
        return _FUNCTIONS[name](argument, scope)
    except TemplateError:
        raise
    except (LookupError, TypeError, ValueError) as error:
        raise TemplateError(f"Template error: {name} cannot take {argument}: {error}") from error


def _attribute_path(argument: Any) -> tuple[str, Any]:
    logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return logical_id, attribute


def _ref(name: str, scope: Scope) -> Any:
    return scope.values[name] if name in scope.values else scope.reference(name)


def _get_att(argument: Any, scope: Scope) -> Any:
    logical_id, attribute = _attribute_path(argument)
    return scope.attribute(logical_id, resolve(attribute, scope))


def _if(argument: list[Any], scope: Scope) -> Any:
    name, then, otherwise = argument
    return resolve(then if condition(name, scope) else otherwise, scope)


def _sub(argument: Any, scope: Scope) -> str:
    text, names = argument if isinstance(argument, list) else (argument, {})
    given = resolve(names, scope)

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in given:
            return _text(given[name])
        return _text(_get_att(name, scope) if "." in name else _ref(name, scope))

    return _LITERAL.sub(r"${\1}", _SUBSTITUTION.sub(value_of, text))


def _join(argument: list[Any], scope: Scope) -> str:
    separator, parts = resolve(argument, scope)
    return str(separator).join(_text(part) for part in parts)


def _split(argument: list[Any], scope: Scope) -> list[str]:
    separator, text = resolve(argument, scope)
    return str(text).split(separator)


def _select(argument: list[Any], scope: Scope) -> Any:
    index, values = resolve(argument, scope)
    return values[int(index)]


def _find_in_map(argument: list[Any], scope: Scope) -> Any:
    path = resolve(argument[:3], scope)
    value: Any = scope.mappings
    for key in path:
        if key not in value:
            raise TemplateError(f"Template error: Unable to get mapping for {'::'.join(path)}")
        value = value[key]
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equals(argument: list[Any], scope: Scope) -> bool:
    left, right = resolve(argument, scope)
    return _text(left) == _text(right)


_CONDITIONS: Mapping[str, Callable[[Any, Scope], bool]] = {
    "Condition": condition,
    "Fn::And": lambda argument, scope: all(condition(each, scope) for each in argument),
    "Fn::Contains": lambda argument, scope: resolve(argument[1], scope) in resolve(argument[0], scope),
    "Fn::Equals": _equals,
    "Fn::Not": lambda argument, scope: not condition(argument[0], scope),
    "Fn::Or": lambda argument, scope: any(condition(each, scope) for each in argument),
}
_FUNCTIONS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::Base64": lambda argument, scope: base64.b64encode(resolve(argument, scope).encode()).decode(),
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::GetAZs": lambda argument, scope: [f"{resolve(argument, scope) or REGION}{zone}" for zone in "abc"],
    "Fn::If": _if,
    "Fn::ImportValue": lambda argument, scope: scope.imported(resolve(argument, scope)),
    "Fn::Join": _join,
    "Fn::Length": lambda argument, scope: len(resolve(argument, scope)),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": lambda argument, scope: json.dumps(resolve(argument, scope)),
}

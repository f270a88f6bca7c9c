"""What stands in a definition in place of a value that is known only later, and what is it then?

``{"Get": "Parameters.NAME"}``, ``{"Get": "Steps.NAME.MEMBER…"}``, ``{"Get": "Execution.VARIABLE"}``,
``{"Std:Join": {"On": "/", "Values": […]}}``, ``{"Std:JsonGet": {"PropertyFile": …, "Path": …}}``.
Source: "SageMaker Pipeline Definition JSON Schema" (aws-sagemaker-mlops.github.io), version 2020-12-01.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.cloudformation.calls import text

_TOKEN = re.compile(r"\.?([A-Za-z0-9_:\-]+)|\[(\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")
_NAMES = ("OutputName", "InputName", "ChannelName")


class Unresolved(ValueError):
    """A reference to something that is not there."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What references are about.

    Attributes:
        parameters: The execution's, in their types.
        steps: What the steps that have succeeded are described as, by name.
        execution: The execution's variables.
        json_get: Reads a member of a property file, given the step, the file's name and the path.

    """

    parameters: Mapping[str, Any]
    steps: Mapping[str, Mapping[str, Any]]
    execution: Mapping[str, str]
    json_get: Callable[[str, str, str], Any]


def resolve(node: Any, scope: Scope) -> Any:
    """The node with every reference replaced by its value. Raises Unresolved."""
    if isinstance(node, list):
        return [resolve(each, scope) for each in node]
    if not isinstance(node, Mapping):
        return node
    if len(node) == 1:
        [(name, argument)] = node.items()
        if name == "Get":
            return _get(argument, scope)
        if name == "Std:Join":
            return text(argument.get("On", "")).join(text(resolve(each, scope)) for each in argument["Values"])
        if name == "Std:JsonGet":
            return scope.json_get(*property_file(argument), argument["Path"])
    return {name: resolve(value, scope) for name, value in node.items()}


def references(node: Any) -> Iterator[str]:
    """Every path that is got below a node, those of property files too."""
    if isinstance(node, list):
        for each in node:
            yield from references(each)
    elif isinstance(node, Mapping):
        if isinstance(node.get("Get"), str) and len(node) == 1:
            yield node["Get"]
        else:
            yield from references(list(node.values()))


def property_file(argument: Mapping[str, Any]) -> tuple[str, str]:
    """The step and the name of the property file that a JsonGet reads. Raises Unresolved."""
    match argument:
        case {"PropertyFile": {"Get": str(path)}, "Path": str()}:
            root, step, word, *rest = *tokens(path), "", "", ""
            if (root, word) == ("Steps", "PropertyFiles") and rest[0]:
                return str(step), str(rest[0])
    raise Unresolved(f"Std:JsonGet needs a PropertyFile of a step and a Path, got {dict(argument)}")


def tokens(path: str) -> list[str | int]:
    """``a.b['c'][0]`` as its parts. Raises Unresolved."""
    found, position = [], 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            raise Unresolved(f"{path!r} is not a path")
        name, index, quoted, double = match.groups()
        found.append(int(index) if index is not None else name or quoted or double)
        position = match.end()
    if not found:
        raise Unresolved("an empty path leads nowhere")
    return found


def member(value: Any, path: list[str | int], whole: str) -> Any:
    """What lies at a path; in a list of named things, by index or name. Raises Unresolved."""
    for part in path:
        if isinstance(value, list) and isinstance(part, str):
            value = next((each for each in value if part in {each.get(name) for name in _NAMES}), None)
        else:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
        if value is None:
            raise Unresolved(f"there is no {whole}")
    return value


def _get(path: str, scope: Scope) -> Any:
    root, *rest = tokens(path)
    roots = {"Parameters": scope.parameters, "Steps": scope.steps, "Execution": scope.execution}
    if root not in roots:
        raise Unresolved(f"there is no {path}")
    return member(roots[str(root)], rest, path)

"""Which line of ``sluice.yaml`` is wrong, what stands there and what is allowed? From a validation error to words."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml
from pydantic_core import ErrorDetails

from sluice.settings.reference import setting_names
from sluice.settings.strict import BELOW, Strict

_LONGEST_VALUE = 60
_MAPPING = "must be a mapping: one indented `setting: value` a line"
_WORDS = {
    "missing": "is required",
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "list_type": "must be a list",
    "path_type": "must be a path",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "too_short": "must hold at least one",
    "invalid_key": "a name is text: put quotes around it",
}
_SAYS_NO_VALUE = {"missing", "extra_forbidden", "invalid_key"}

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        line: Line in the file, from 1.
        where: Dotted path of the setting.
        message: What is wrong and what is allowed.

    """

    line: int
    where: str
    message: str


def problem(root: yaml.Node | None, error: ErrorDetails, settings: type[Strict], whole: str) -> Problem:
    """What a validation error means in the file of these settings whose top node is ``root``, and that is named so."""
    path: Path = (*(part for part in error["loc"] if part != "[key]"), *error.get("ctx", {}).get(BELOW, ()))
    message = _WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ").replace("Input should", "must")
    if error["type"] == "extra_forbidden":
        message = f"there is no such setting; there are {', '.join(_settings_beside(path, settings))}"
    if error["type"] == "value_error":
        path, message = _narrowed(path, message)
    place, value = _find(root, path)
    found = place if error["loc"][-1:] == ("[key]",) else value
    if found is not None and error["type"] not in _SAYS_NO_VALUE and ", got " not in message:
        message += _got(found)
    return Problem(line_of(root, path), ".".join(map(str, path)) or whole, message)


def line_of(root: yaml.Node | None, path: Path) -> int:
    """The line of a setting, or of the deepest one above it that is written."""
    place, _ = _find(root, path)
    return place.start_mark.line + 1 if place else 1


def _narrowed(path: Path, message: str) -> tuple[Path, str]:
    """A rule about several settings begins its message with the one to change: ``kms_key: …``."""
    setting, colon, reason = message.partition(": ")
    names = setting.split(".")
    return ((*path, *names), reason) if colon and all(map(str.isidentifier, names)) else (path, message)


def _settings_beside(path: Path, settings: type[Strict]) -> list[str]:
    *above, _ = path
    names = (name.split(".") for name in setting_names(settings))
    beside = (
        name[len(above)]
        for name in names
        if len(name) > len(above) and all(want in ("<name>", have) for want, have in zip(name, above, strict=False))
    )
    return list(dict.fromkeys(beside))


def _got(node: yaml.Node) -> str:
    """The value as it is written; lists and mappings are too long to repeat."""
    if not isinstance(node, yaml.ScalarNode):
        return ""
    text = f"{node.value:.{_LONGEST_VALUE}}"
    return f", got {node.style}{text}{node.style}" if node.style in ("'", '"') else f", got {text or 'nothing'}"


def _find(root: yaml.Node | None, path: Sequence[str | int]) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The deepest key on a path, and the value the whole path leads to, if it does."""
    place = value = root
    for part in path:
        found = _child(value, part)
        if found is None:
            return place, None
        place, value = found
    return place, value


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None

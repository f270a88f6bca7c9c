"""From the text of ``sluice.yaml`` to a Deployment, or to errors that name the line, the value and what is allowed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sluice.settings.deployment import Deployment

_LONGEST_VALUE = 60


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


class InvalidSettings(Exception):
    """The file cannot be used; ``str()`` gives one line per problem, as ``file:line: setting: message``."""

    def __init__(self, file: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"{file}:{problem.line}: {problem.where}: {problem.message}" for problem in problems)
        super().__init__("\n".join(lines))


def load(file: Path) -> Deployment:
    """Read and check a sluice.yaml. Raises InvalidSettings."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "it is not UTF-8 text"
        raise InvalidSettings(file, [Problem(1, "sluice.yaml", f"cannot be read: {reason}")]) from unreadable
    return parse(text, file)


def parse(text: str, file: Path) -> Deployment:
    """Check the text of a sluice.yaml; ``file`` names it in errors. Raises InvalidSettings."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        repeated = list(_repeated_keys(root)) if root else []
        content = yaml.safe_load(text)
    except yaml.YAMLError as wrong:
        raise InvalidSettings(file, [_syntax_problem(wrong)]) from wrong
    if repeated:
        raise InvalidSettings(file, repeated)
    try:
        return Deployment.model_validate(content)
    except ValidationError as wrong:
        raise InvalidSettings(file, [_problem(root, error) for error in wrong.errors()]) from wrong


def _syntax_problem(wrong: yaml.YAMLError) -> Problem:
    mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    message = getattr(wrong, "problem", None) or "is not YAML"
    return Problem(mark.line + 1 if mark else 1, "sluice.yaml", message)


def _repeated_keys(node: yaml.Node) -> Iterator[Problem]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield Problem(key.start_mark.line + 1, str(key.value), "is written twice")
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)


def _problem(root: yaml.Node | None, error: ErrorDetails) -> Problem:
    path = [part for part in error["loc"] if part != "[key]"]
    node, depth = _find(root, path)
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "there is no such setting"
    elif error["type"] != "missing" and not isinstance(error["input"], dict | list):
        message = f"{message}, got {error['input']!r:.{_LONGEST_VALUE}}"
    where = ".".join(map(str, path)) or "sluice.yaml"
    if depth == len(path) and error["type"] == "value_error" and ": " in message:
        node = _find(root, [*path, *message.split(":")[0].split(".")])[0]
    return Problem(node.start_mark.line + 1 if node else 1, where, message)


def _find(root: yaml.Node | None, path: Sequence[str | int]) -> tuple[yaml.Node | None, int]:
    """The deepest node on a path, as the key that introduces it, and how much of the path was found."""
    node = shown = root
    for depth, part in enumerate(path):
        found = _child(node, part)
        if found is None:
            return shown, depth
        shown, node = found
    return shown, len(path)


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None

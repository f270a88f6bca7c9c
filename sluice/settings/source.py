"""From the text of ``sluice.yaml`` to a Deployment, or to errors that name the line, the value and what is allowed.

Other files that people write are read in the same way.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from sluice.settings.deployment import Deployment
from sluice.settings.mistake import Problem, line_of, problem
from sluice.settings.strict import Strict

_WHOLE = "sluice.yaml"
_Settings = TypeVar("_Settings", bound=Strict)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class InvalidSettings(Exception):
    """The file cannot be used; ``str()`` gives one line per problem, as ``file:line: setting: message``."""

    def __init__(self, file: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"{file}:{problem.line}: {problem.where}: {problem.message}" for problem in problems)
        super().__init__("\n".join(lines))


class _Loader(yaml.SafeLoader):
    """YAML without dates: no setting is one, and a name such as 2026-11-21 is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML's own form
        first: [(tag, form) for tag, form in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(file: Path) -> Deployment:
    """Read and check a sluice.yaml. Raises InvalidSettings."""
    return parse(text_of(file, _WHOLE), file)


def parse(text: str, file: Path) -> Deployment:
    """Check the text of a sluice.yaml; ``file`` names it in errors. Raises InvalidSettings."""
    return parse_as(Deployment, text, file, _WHOLE)


def text_of(file: Path, whole: str) -> str:
    """What stands in a file, which problems of all of it name so. Raises InvalidSettings."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "it is not UTF-8 text"
        raise InvalidSettings(file, [Problem(1, whole, f"cannot be read: {reason}")]) from unreadable


def parse_as(settings: type[_Settings], text: str, file: Path, whole: str) -> _Settings:
    """Check the text of a file of such settings, which problems of all of it name so. Raises InvalidSettings."""
    try:
        root = yaml.compose(text, _Loader)
        content = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
        repeated = list(_repeated_keys(root)) if root else []
    except yaml.YAMLError as wrong:
        raise InvalidSettings(file, [_syntax_problem(wrong, whole)]) from wrong
    except RecursionError:
        raise InvalidSettings(file, [Problem(1, whole, "is nested too deeply, or refers to itself")]) from None
    except ValueError as wrong:
        raise InvalidSettings(file, [Problem(1, whole, f"holds a value that cannot be read: {wrong}")]) from wrong
    if repeated:
        raise InvalidSettings(file, repeated)
    if content is None:
        needed = next(name for name, field in settings.model_fields.items() if field.is_required())
        raise InvalidSettings(file, [Problem(1, whole, f"is empty; it needs at least `{needed}:`")])
    try:
        return settings.model_validate(content)
    except ValidationError as wrong:
        found = [problem(root, error, settings, whole) for error in wrong.errors()]
        raise InvalidSettings(file, found) from wrong


def located(file: Path, setting: str) -> str:
    """A setting of a file that can be read, as problems name it: ``file:line: setting``."""
    return f"{file}:{line_in(file.read_text(encoding='utf-8'), setting.split('.'))}: {setting}"


def line_in(text: str, path: Sequence[str | int]) -> int:
    """The line of a setting, or of the deepest one above it that is written, in a text that can be read."""
    return line_of(yaml.compose(text, _Loader), tuple(path))


def _syntax_problem(wrong: yaml.YAMLError, whole: str) -> Problem:
    mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    said = [part for part in (getattr(wrong, "context", None), getattr(wrong, "problem", None)) if part]
    message = ": ".join(said) or str(wrong).splitlines()[0]
    return Problem(mark.line + 1 if mark else 1, whole, message)


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

"""From the text of ``sluice.yaml`` to a Deployment, or to errors that name the line, the value and what is allowed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from sluice.settings.deployment import Deployment
from sluice.settings.mistake import Problem, line_of, problem

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
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "it is not UTF-8 text"
        raise InvalidSettings(file, [_of_the_file(f"cannot be read: {reason}")]) from unreadable
    return parse(text, file)


def parse(text: str, file: Path) -> Deployment:
    """Check the text of a sluice.yaml; ``file`` names it in errors. Raises InvalidSettings."""
    try:
        root = yaml.compose(text, _Loader)
        content = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
        repeated = list(_repeated_keys(root)) if root else []
    except yaml.YAMLError as wrong:
        raise InvalidSettings(file, [_syntax_problem(wrong)]) from wrong
    except RecursionError:
        raise InvalidSettings(file, [_of_the_file("is nested too deeply, or refers to itself")]) from None
    except ValueError as wrong:
        raise InvalidSettings(file, [_of_the_file(f"holds a value that cannot be read: {wrong}")]) from wrong
    if repeated:
        raise InvalidSettings(file, repeated)
    if content is None:
        raise InvalidSettings(file, [_of_the_file("is empty; it needs at least `models:`")])
    try:
        return Deployment.model_validate(content)
    except ValidationError as wrong:
        raise InvalidSettings(file, [problem(root, error) for error in wrong.errors()]) from wrong


def located(file: Path, setting: str) -> str:
    """A setting of a file that can be read, as problems name it: ``file:line: setting``."""
    root = yaml.compose(file.read_text(encoding="utf-8"), _Loader)
    return f"{file}:{line_of(root, tuple(setting.split('.')))}: {setting}"


def _of_the_file(message: str) -> Problem:
    return Problem(1, "sluice.yaml", message)


def _syntax_problem(wrong: yaml.YAMLError) -> Problem:
    mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    said = [part for part in (getattr(wrong, "context", None), getattr(wrong, "problem", None)) if part]
    message = ": ".join(said) or str(wrong).splitlines()[0]
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

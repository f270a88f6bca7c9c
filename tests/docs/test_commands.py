"""Every command and every option of a command is there to be found by those who read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from sluice.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = (
    *("README.md", "CONTRIBUTING.md", "docs/operators.md", "docs/experiments.md", "docs/replay.md"),
    *("docs/drift-on-files.md", "docs/monitoring.md", "docs/models.md", "docs/gate.md", "docs/training-data.md"),
    *("docs/training.md", "docs/retraining.md"),
)


def commands(command: Any, path: str = "sluice") -> Iterator[tuple[str, Any]]:
    """Every command below one, with its words."""
    for name, below in getattr(command, "commands", {}).items():
        words = f"{path} {name}"
        if hasattr(below, "commands"):
            yield from commands(below, words)
        else:
            yield words, below


ALL = dict(commands(typer.main.get_command(app)))


def text() -> str:
    return "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("command", ALL)
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"\b{command}\b", text()), f"{command} is on none of {', '.join(PAGES)}"


@pytest.mark.parametrize("command", ALL)
def test_every_command_and_option_says_what_it_does(command: str) -> None:
    described = [ALL[command].help, *(parameter.help for parameter in ALL[command].params)]

    assert all(described), [parameter.name for parameter in ALL[command].params if not parameter.help]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_exists(page: str) -> None:
    named = re.findall(
        r"(?:^|`|\$ )sluice ((?:[a-z]+ )?[a-z]+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE
    )
    known = {words.removeprefix("sluice ") for words in ALL}

    unknown = [words for words in named if words not in known and words.split()[0] not in known]

    assert unknown == []


def test_the_page_of_operators_links_lead_somewhere() -> None:
    page = ROOT / "docs/operators.md"
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []

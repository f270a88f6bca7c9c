"""Where the example's long commands speak, and how they run ours as a person would."""

import subprocess
import sys
from pathlib import Path

from rich.console import Console

console = Console(highlight=False)


def sluice(*words: str) -> None:
    """Run a command, and show it."""
    _run(words, stdout=None)


def told_by(*words: str) -> str:
    """Run a command and show it; what it prints is returned instead."""
    return _run(words, stdout=subprocess.PIPE)


def _run(words: tuple[str, ...], *, stdout: int | None) -> str:
    console.print(f"\n[bold]$ sluice {' '.join(words)}[/]", soft_wrap=True)
    command = [str(Path(sys.executable).with_name("sluice")), *words]
    done = subprocess.run(command, check=True, text=True, stdout=stdout)  # noqa: S603  our own command
    return done.stdout or ""

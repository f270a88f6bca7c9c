"""What do the benchmarks share: subjects measured in turn, percentiles, a table, and how busy the machine was."""

import os
import platform
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from math import ceil
from typing import TypeVar

Subject = TypeVar("Subject", bound=Hashable)
Measurement = TypeVar("Measurement")


def in_turn(subjects: Mapping[Subject, Callable[[], Measurement]], *, rounds: int) -> dict[Subject, list[Measurement]]:
    """Measure every subject once a round, so that a busy moment of the machine falls on all of them."""
    measured: dict[Subject, list[Measurement]] = {subject: [] for subject in subjects}
    for _ in range(rounds):
        for subject, measure in subjects.items():
            measured[subject].append(measure())
    return measured


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent (1 to 100) of the values do not exceed; there must be one value.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 50)
    2.0
    """
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column reads from the left, the others are numbers."""
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(line, widths) for line in (head, rule, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"


class Occasion:
    """When and where something is measured: begin it before measuring and write it out afterwards."""

    def __init__(self, *packages: str) -> None:
        """The versions of ``packages`` matter for what is measured."""
        self._packages = packages
        self._load = _load()

    def __str__(self) -> str:
        versions = ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in self._packages)]
        )
        now = datetime.now(UTC)
        return (
            f"{now:%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores ({platform.machine()}), "
            f"load {self._load} before and {_load()} after; {versions}"
        )


def _load() -> str:
    """Of the last minute: how many processes ran or wanted to."""
    return f"{os.getloadavg()[0]:.1f}"

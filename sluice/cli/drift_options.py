"""Which options do the commands about drift share?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.target import UsageProblem

_FILE = "Rows of a file"

_DATA = typer.Option("--data", help="Rows: a .csv, .csv.gz, .tsv or .parquet file.", rich_help_panel=_FILE)
_REFERENCE = typer.Option(
    "--reference",
    help="What they are compared with: reference.json, or a model directory with one.",
    rich_help_panel=_FILE,
)
DataOption = Annotated[Path, _DATA]
MaybeDataOption = Annotated[Path | None, _DATA]
ReferenceOption = Annotated[Path, _REFERENCE]
MaybeReferenceOption = Annotated[Path | None, _REFERENCE]
LabelOption = Annotated[
    str | None,
    typer.Option(
        "--label", help="Column of the true class, by its name or place; of the true number.", rich_help_panel=_FILE
    ),
]
ScoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--score",
        help="Column of a class's probability, for each class or the second of two; or of a model's number.",
        rich_help_panel=_FILE,
    ),
]
PredictOption = Annotated[
    bool,
    typer.Option(
        "--predict", help="Ask the model of the model directory for its answers to the rows.", rich_help_panel=_FILE
    ),
]
SliceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--slice", help="Column whose values each name a slice, judged by itself, too.", rich_help_panel=_FILE
    ),
]
WithoutOption = Annotated[
    list[str] | None, typer.Option("--without", help="Feature that is not looked at.", rich_help_panel=_FILE)
]
RowsOption = Annotated[
    int | None,
    typer.Option("--rows-per-window", min=1, help="Cut the file into windows of so many rows.", rich_help_panel=_FILE),
]
TimeOption = Annotated[
    str | None,
    typer.Option(
        "--time", help="Column of times, to cut by: ISO 8601 or seconds since 1970; UTC.", rich_help_panel=_FILE
    ),
]
WindowOption = Annotated[
    str | None,
    typer.Option("--window", help="Length of a window in time: 30m, 1h, 7d.", rich_help_panel=_FILE),
]
ViolationsOption = Annotated[
    Path | None,
    typer.Option("--violations", help="Where to write what drifted as Model Monitor's constraint_violations.json."),
]
AlarmsOption = Annotated[
    float,
    typer.Option(
        "--false-alarms-per-30-days",
        help="At most so many, on average, where nothing drifts.",
        rich_help_panel=_FILE,
    ),
]
RunsOption = Annotated[
    float | None,
    typer.Option(
        "--runs-per-30-days",
        help="How often you check such a file; 30 unless windows are cut by --time.",
        rich_help_panel=_FILE,
    ),
]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LENGTH = re.compile(r"(\d{1,6})([smhd])", re.ASCII)


def time_length(word: str) -> timedelta:
    """A length of time.

    >>> time_length("90m"), time_length("7d")
    (datetime.timedelta(seconds=5400), datetime.timedelta(days=7))

    Raises UsageProblem.
    """
    found = _LENGTH.fullmatch(word)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta(0)
    if not length:
        raise UsageProblem(f"--window is a number and s, m, h or d, such as 1h or 7d, got {word!r:.20}")
    return length


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWords:
    """What a command was told of a file: each attribute is an option."""

    reference: Path
    data: Path
    label: str | None = None
    rows_per_window: int | None
    time: str | None
    window: str | None
    slices: Sequence[str] | None
    without: Sequence[str] | None
    scores: Sequence[str] | None
    predict: bool
    false_alarms: float
    runs: float | None

    def window_length(self) -> timedelta | None:
        """Of a window in time; None where the file is not cut by it. Raises UsageProblem."""
        if (self.time is None) != (self.window is None):
            raise UsageProblem("--time and --window go together: the column of times, and the length of a window")
        if self.time is not None and self.rows_per_window is not None:
            raise UsageProblem("--time and --rows-per-window are two ways to cut a file: choose one")
        return None if self.window is None else time_length(self.window)


def check_installed(*libraries: str) -> None:
    """Raises UsageProblem where one is missing of ``libraries``, else of those that files are read with."""
    wanted = libraries or ("numpy", "pyarrow")
    if any(find_spec(name) is None for name in wanted):
        what = "windows are judged" if libraries else "files are read"
        raise UsageProblem(f"{what} with {' and '.join(wanted)}: pip install 'sluice[drift-files]'")

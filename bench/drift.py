"""What does watching for drift cost? Counting a million rows, merging shards, judging a window; beside Evidently."""

import argparse
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import pandas as pd

from bench.drift_counting import ROUNDS, Columns, count, counting_table, cpu_seconds, frame, of_captured
from bench.measuring import Occasion, in_turn, table
from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.column import Codes
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import merged
from sluice.domain.drift.wire import decode, encode

ROOT = Path(__file__).resolve().parent.parent
EVIDENTLY = ROOT / "build" / "bench-evidently"
REFERENCE_ROWS, EVIDENTLY_ROWS, EVIDENTLY_ROUNDS = 100_000, 100_000, 3


class Small(NamedTuple):
    """What is done often."""

    name: str
    target: str
    work: Callable[[], object]


def small_table(reference: Reference) -> str:
    """Bytes of a window, and milliseconds of merging and judging."""
    window, rows = summarise(reference.binning, frame(1000, seed=3)), frame(1000, seed=3, width=np.float32)
    day = [window] * 64
    works = (
        Small("merge 1,000 shards of 60 features", "<= 5", partial(merged, reference.binning, [window] * 1000)),
        Small("judge 60 features", "<= 5", partial(judge, [Watched(reference, [window])], Rules(levels=1))),
        Small("judge them over 1, 2, 4, ... 64 windows", "", partial(judge, [Watched(reference, day)])),
        Small("count 1,000 rows", "", partial(count, reference, rows)),
        Small("encode a window", "", partial(encode, window)),
        Small("decode it", "", partial(decode, encode(window), reference.binning)),
    )
    measured = in_turn({each: partial(cpu_seconds, each.work) for each in works}, rounds=4 * ROUNDS)
    lines = [
        [each.name, each.target, f"{median(seconds) * 1e3:.2f}", f"{min(seconds) * 1e3:.2f}"]
        for each, seconds in measured.items()
    ]
    drawn = table(["ms of CPU", "target", "median", "least"], lines)
    plain, packed = len(encode(window, compress=False)), len(encode(window))
    return f"{drawn}\n\na window of 1,000 rows and 60 features: {plain:,} bytes, {packed:,} compressed (target: 3,072)"


class Report(NamedTuple):
    """What a report took: CPU seconds of it and of importing what makes it, and megabytes at the peak."""

    seconds: float
    importing: float = 0.0
    peak: float = 0.0


def evidently_table(reference: Reference, columns: Columns) -> str:
    """Evidently's default report in its own environment, in turn with counting the same rows; or how to make that."""
    python = EVIDENTLY / "bin" / "python"
    if not python.exists():
        return (
            f"Evidently is not installed: uv venv {EVIDENTLY.relative_to(ROOT)} && VIRTUAL_ENV="
            f'{EVIDENTLY.relative_to(ROOT)} uv pip install "evidently==0.7.23" "pandas<3"'
        )
    current = frame(EVIDENTLY_ROWS, seed=2, shift=0.1)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("reference.pkl", "current.pkl")]
        for path, each in zip(paths, (columns, current), strict=True):
            _pandas(each).to_pickle(path)
        subjects: dict[str, Callable[[], Report]] = {
            "Evidently DataDriftPreset": partial(_evidently, python, paths),
            "Sluice, counting": lambda: Report(cpu_seconds(partial(count, reference, current))),
            "Sluice, categories as text": lambda: Report(of_captured(reference.binning, current).whole),
        }
        measured = in_turn(subjects, rounds=EVIDENTLY_ROUNDS)
    ours = [report.seconds for report in measured["Sluice, counting"]]
    lines = [_line(name, [report.seconds for report in reports], ours) for name, reports in measured.items()]
    peer = measured["Evidently DataDriftPreset"]
    lines[0][-1] = f"{median(report.peak for report in peer):,.0f}"
    lines.insert(1, _line("importing it", [report.importing for report in peer], ours))
    return table([f"{EVIDENTLY_ROWS:,} rows against {REFERENCE_ROWS:,}", "CPU s", "times ours", "peak MB"], lines)


def _line(name: str, seconds: Sequence[float], ours: Sequence[float]) -> list[str]:
    times = median(one / other for one, other in zip(seconds, ours, strict=True))
    return [name, f"{median(seconds):.3f}", f"{times:,.1f}", ""]


def _evidently(python: Path, paths: Sequence[Path]) -> Report:
    """With one thread: several wait for each other and burn half as much CPU again."""
    command = [python, Path(__file__).with_name("drift_evidently.py"), *paths]
    alone = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=alone)  # noqa: S603
    importing, seconds, peak = map(float, ran.stdout.split()[-3:])
    return Report(seconds, importing, peak)


def _pandas(columns: Columns) -> pd.DataFrame:
    """The same frame: categories are codes there too."""
    return pd.DataFrame(
        {
            name: pd.Categorical.from_codes(column.codes, list(column.categories))
            if isinstance(column, Codes)
            else column
            for name, column in columns.items()
        }
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-evidently", action="store_true", help="leave out what takes two minutes")
    skip = parser.parse_args().skip_evidently
    occasion = Occasion("numpy")
    columns = frame(REFERENCE_ROWS, seed=1)
    reference = build_reference(columns, seed=1, choices=Choices(draws=1000))
    print(small_table(reference), end="\n\n")
    print(counting_table(reference), end="\n\n")
    if not skip:
        print(evidently_table(reference, columns))
    print(f"\n{occasion}\n")


if __name__ == "__main__":
    main()

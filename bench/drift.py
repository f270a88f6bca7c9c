"""What does watching for drift cost? Counting a million rows, merging shards, judging a window; beside Evidently."""

import argparse
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bench.measuring import Occasion, in_turn, table
from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.column import Codes, Column
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import merged
from sluice.domain.drift.wire import decode, encode

ROOT = Path(__file__).resolve().parent.parent
EVIDENTLY = ROOT / "build" / "bench-evidently"
ROWS, REFERENCE_ROWS, EVIDENTLY_ROWS = 1_000_000, 100_000, 100_000
NUMERIC, CATEGORICAL, CATEGORIES = 50, 10, 20
ROUNDS = 5
NAMES = tuple(f"v{place}" for place in range(CATEGORIES))


def frame(rows: int, *, seed: int, width: type = np.float64, shift: float = 0.0) -> dict[str, Column]:
    """Fifty numbers, of which ten are shifted, and ten categories as codes."""
    generator = np.random.default_rng(seed)
    columns: dict[str, Column] = {}
    for place in range(NUMERIC):
        values = generator.standard_normal(rows) if place % 2 else generator.lognormal(0, 1, rows)
        columns[f"n{place}"] = (values + shift * (place < 10)).astype(width)  # noqa: PLR2004
    shares = 1 / np.arange(1, CATEGORIES + 1)
    for place in range(CATEGORICAL):
        codes = generator.choice(CATEGORIES, rows, p=shares / shares.sum()).astype(np.int8)
        columns[f"c{place}"] = Codes(codes, NAMES)
    return columns


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def one_pass(columns: Mapping[str, Column]) -> None:
    """The floor: each value is looked at once, as fast as numpy can."""
    for column in columns.values():
        if isinstance(column, Codes):
            column.codes.max()
        else:
            np.asarray(column).sum()


def looked_up(reference: Reference, columns: Mapping[str, Any]) -> None:
    """The textbook: each value's bin is searched for, and the bins are counted."""
    for bins in reference.binning.features:
        column = columns[bins.name]
        if isinstance(column, Codes):
            np.bincount(column.codes.astype(np.intp))
        else:
            np.bincount(np.searchsorted(np.array(getattr(bins, "edges", ())), column))


def counting_table(reference: Reference) -> tuple[str, float]:
    """CPU of counting a million rows, beside one pass over them; and the seconds of counting 64-bit data."""
    wide, narrow = frame(ROWS, seed=2, shift=0.1), frame(ROWS, seed=2, width=np.float32, shift=0.1)
    before = _peak_megabytes()
    summarise(reference.binning, wide)
    grown = _peak_megabytes() - before
    subjects: dict[str, Callable[[], object]] = {
        "one pass over the 64-bit data (sum)": partial(one_pass, wide),
        "Sluice, 32-bit data": partial(summarise, reference.binning, narrow),
        "Sluice, 64-bit data": partial(summarise, reference.binning, wide),
        "searchsorted and bincount, 64-bit data": partial(looked_up, reference, wide),
    }
    measured = in_turn({name: partial(cpu_seconds, work) for name, work in subjects.items()}, rounds=ROUNDS)
    floor, *_ = measured.values()
    values = ROWS * (NUMERIC + CATEGORICAL)
    lines = [
        [
            name,
            f"{median(seconds):.3f}",
            f"{min(seconds) / values * 1e9:.1f}",
            f"{median(one / other for one, other in zip(seconds, floor, strict=True)):.1f}",
        ]
        for name, seconds in measured.items()
    ]
    drawn = table(["1,000,000 rows of 50 numbers and 10 categories", "CPU s", "least ns a value", "passes"], lines)
    return f"{drawn}\n\npeak memory grew by {grown:.1f} MB while counting", median(measured["Sluice, 64-bit data"])


class Small(NamedTuple):
    """What is done often."""

    name: str
    target: str
    work: Callable[[], object]


def small_table(reference: Reference) -> str:
    """Bytes of a window, and milliseconds of merging and judging."""
    window = summarise(reference.binning, frame(1000, seed=3))
    day = [window] * 64
    works = (
        Small("merge 1,000 shards of 60 features", "<= 5", partial(merged, reference.binning, [window] * 1000)),
        Small("judge 60 features", "<= 5", partial(judge, [Watched(reference, [window])], Rules(levels=1))),
        Small("judge them over 1, 2, 4, ... 64 windows", "", partial(judge, [Watched(reference, day)])),
        Small("count 1,000 rows", "", partial(summarise, reference.binning, frame(1000, seed=3, width=np.float32))),
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


def evidently_table(ours_seconds: float, reference_columns: Mapping[str, Column]) -> str:
    """Evidently's default report on a tenth of the rows, in its own environment; or how to make that."""
    python = EVIDENTLY / "bin" / "python"
    if not python.exists():
        return (
            f"Evidently is not installed: uv venv {EVIDENTLY.relative_to(ROOT)} && VIRTUAL_ENV="
            f'{EVIDENTLY.relative_to(ROOT)} uv pip install "evidently==0.7.23" "pandas<3"'
        )
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("reference.pkl", "current.pkl")]
        for path, columns in zip(paths, (reference_columns, frame(EVIDENTLY_ROWS, seed=2, shift=0.1)), strict=True):
            _pandas(columns).to_pickle(path)
        ran = subprocess.run(  # noqa: S603
            [python, Path(__file__).with_name("drift_evidently.py"), *paths],
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode:
        return f"Evidently failed: {ran.stderr.strip().splitlines()[-1]}"
    imported, report, peak = map(float, ran.stdout.split()[-3:])
    ours = ours_seconds * EVIDENTLY_ROWS / ROWS
    lines = [
        ["Evidently DataDriftPreset", f"{report:.1f}", f"{report / ours:,.0f}", f"{peak:,.0f}"],
        ["importing it", f"{imported:.1f}", f"{imported / ours:,.0f}", ""],
        ["Sluice, counting (a tenth of a million rows')", f"{ours:.4f}", "1", ""],
    ]
    return table([f"{EVIDENTLY_ROWS:,} rows against {REFERENCE_ROWS:,}", "CPU s", "times ours", "peak MB"], lines)


def _pandas(columns: Mapping[str, Column]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: np.array(column.categories)[column.codes] if isinstance(column, Codes) else column
            for name, column in columns.items()
        }
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-evidently", action="store_true", help="leave out what takes a minute")
    skip = parser.parse_args().skip_evidently
    occasion = Occasion("numpy")
    columns = frame(REFERENCE_ROWS, seed=1)
    reference = build_reference(columns, seed=1, choices=Choices(draws=1000))
    print(small_table(reference), end="\n\n")
    counted, seconds = counting_table(reference)
    print(counted, end="\n\n")
    if not skip:
        print(evidently_table(seconds, columns))
    print(f"\n{occasion}\n")


if __name__ == "__main__":
    main()

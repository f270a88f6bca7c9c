"""What does counting a million rows cost? All that is counted of them, in pieces as files and captured rows come."""

import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from bench.measuring import in_turn, table
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.column import Codes, Column, taken
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.repeats import count_repeats
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.monitoring.rows import Rows as CapturedRows
from sluice.domain.monitoring.tally import AT_ONCE, Tally
from sluice.service.count_windows import ByRows, count_windows
from sluice.service.drift_rows import Rows

ROWS = 1_000_000
NUMERIC, CATEGORICAL, CATEGORIES = 50, 10, 20
OF_A_FILE = 65_536  # rows that `sluice drift check` reads at once
ROUNDS = 5
NAMES = tuple(f"v{place}" for place in range(CATEGORIES))
HEAD = (
    f"{ROWS:,} rows of {NUMERIC} numbers and {CATEGORICAL} categories",
    "CPU s",
    "of it copies",
    "least ns a value",
    "passes",
)

Columns = Mapping[str, Column]


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


def rows_of(columns: Columns) -> int:
    """How many there are."""
    return len(next(iter(columns.values())))


def pieces(columns: Columns, rows: int) -> Iterator[Columns]:
    """So many rows at a time, without a copy of them."""
    for start in range(0, rows_of(columns), rows):
        yield {name: column[start : start + rows] for name, column in columns.items()}


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def one_pass(columns: Columns) -> None:
    """The floor: each value is looked at once, as fast as numpy can."""
    for column in columns.values():
        if isinstance(column, Codes):
            column.codes.max()
        else:
            np.asarray(column).sum()


def count(reference: Reference, columns: Columns, rows: int = OF_A_FILE) -> None:
    """All that is counted of a file, so many rows at a time."""
    count_windows(SlicedReference(reference), map(Rows, pieces(columns, rows)), ByRows())


def count_copies(binning: Binning, columns: Columns, rows: int = OF_A_FILE) -> None:
    """Only the part that looks for copies."""
    for piece in pieces(columns, rows):
        count_repeats(binning, piece, rows_of(piece))


def looked_up(reference: Reference, columns: Mapping[str, Any]) -> None:
    """The textbook: each value's bin is searched for, and the bins are counted; no copies."""
    for bins in reference.binning.features:
        column = columns[bins.name]
        if isinstance(column, Codes):
            np.bincount(column.codes.astype(np.intp))
        else:
            np.bincount(np.searchsorted(np.array(getattr(bins, "edges", ())), column))


class Cost(NamedTuple):
    """CPU seconds of all that is counted, and of looking for copies, which is a part of it and measured once more."""

    whole: float
    copies: float = 0.0


def of_frame(reference: Reference, columns: Columns, rows: int) -> Cost:
    """Columns as a file has them, so many rows at a time."""
    copies = partial(count_copies, reference.binning, columns, rows)
    return Cost(cpu_seconds(partial(count, reference, columns, rows)), cpu_seconds(copies))


def of_captured(binning: Binning, columns: Columns) -> Cost:
    """Categories as text, as the deployed function has them once it has read them. That reading is not measured."""
    tally, whole, copies = Tally(binning), 0.0, 0.0
    for piece in pieces(columns, AT_ONCE):
        rows = CapturedRows(rows_of(piece), {name: as_text(column) for name, column in piece.items()}, None)
        whole += cpu_seconds(partial(tally.add, rows))
        copies += cpu_seconds(partial(count_repeats, binning, rows.columns, rows.count))
    return Cost(whole + cpu_seconds(tally.summary), copies)


def as_text(column: Column) -> Column:
    """Every word by itself, as reading JSON leaves it."""
    return np.array(column.categories)[column.codes].tolist() if isinstance(column, Codes) else column


def counting_table(reference: Reference) -> str:
    """CPU of counting a million rows and of looking for copies among them, beside one pass over them."""
    wide, narrow = frame(ROWS, seed=2, shift=0.1), frame(ROWS, seed=2, width=np.float32, shift=0.1)
    twice = {name: taken(column, np.arange(ROWS) // 2) for name, column in wide.items()}
    subjects: dict[str, Callable[[], Cost]] = {
        "one pass over the 64-bit data (sum)": lambda: Cost(cpu_seconds(partial(one_pass, wide))),
        "Sluice, 64-bit data": partial(of_frame, reference, wide, OF_A_FILE),
        "Sluice, 64-bit data, each row twice": partial(of_frame, reference, twice, OF_A_FILE),
        "Sluice, 32-bit data": partial(of_frame, reference, narrow, OF_A_FILE),
        f"Sluice, 32-bit data, {AT_ONCE:,} rows at a time": partial(of_frame, reference, narrow, AT_ONCE),
        "Sluice, the same with categories as text": partial(of_captured, reference.binning, narrow),
        "searchsorted and bincount, 64-bit data": lambda: Cost(cpu_seconds(partial(looked_up, reference, wide))),
    }
    measured = in_turn(subjects, rounds=ROUNDS)
    floor, *_ = measured.values()
    return (
        f"{table(HEAD, [_line(name, costs, floor) for name, costs in measured.items()])}\n\n{_memory(reference, wide)}"
    )


def _line(name: str, costs: Sequence[Cost], floor: Sequence[Cost]) -> list[str]:
    copies = median(cost.copies for cost in costs)
    return [
        name,
        f"{median(cost.whole for cost in costs):.3f}",
        f"{copies:.3f}" if copies else "",
        f"{min(cost.whole for cost in costs) / (ROWS * (NUMERIC + CATEGORICAL)) * 1e9:.1f}",
        f"{median(cost.whole / one.whole for cost, one in zip(costs, floor, strict=True)):.1f}",
    ]


def _memory(reference: Reference, columns: Columns) -> str:
    """What is held at once beside the data itself, of all rows and of a tenth."""
    tenth = {name: column[: ROWS // 10] for name, column in columns.items()}
    all_, few = (_peak_megabytes(partial(count, reference, each)) for each in (columns, tenth))
    return f"memory beside the data: {all_:.1f} MB at most, and {few:.1f} MB for a tenth of the rows"


def _peak_megabytes(work: Callable[[], object]) -> float:
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6

"""How far are the features in a file from what a function makes of the same rows?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from sluice.data_file import training
from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.training.skew import Skew, numbers_differ, skew_of

Features = Callable[[pa.Table], Any]
"""Takes rows with all their columns; a table of the same rows, of pyarrow or pandas, or columns by name."""

_AT_ONCE = 65_536  # rows


def skew_of_file(file: Path, features: Features, *, tolerance: float) -> dict[str, Skew]:
    """Compare each feature that the function computes and the file holds, of captured rows. Raises UnreadableFile."""
    found: dict[str, Skew] = {}
    try:
        with parquet.ParquetFile(file) as opened:
            for batch in opened.iter_batches(batch_size=_AT_ONCE):
                for name, skew in _compare(_captured(batch, file), features, tolerance):
                    found[name] = found.get(name, Skew()) + skew
    except OSError as unreadable:
        raise UnreadableFile(f"{file} cannot be read: {unreadable.strerror or unreadable}") from unreadable
    except pa.ArrowInvalid as broken:
        raise UnreadableFile(f"{file} cannot be compared: {str(broken)[:200]}") from broken
    return found


def _captured(batch: pa.RecordBatch, file: Path) -> pa.Table:
    """Of history nobody knows what a model would have been asked."""
    rows = pa.Table.from_batches([batch])
    if training.SOURCE not in rows.column_names:
        raise UnreadableFile(f"{file} is none of `sluice data assemble`: it has no column {training.SOURCE}")
    return rows.filter(compute.equal(rows.column(training.SOURCE), training.CAPTURED))


def _compare(rows: pa.Table, features: Features, tolerance: float) -> list[tuple[str, Skew]]:
    computed = pa.table(features(rows))
    if computed.num_rows != rows.num_rows:
        raise UnreadableFile(f"the function made {computed.num_rows:,} rows of {rows.num_rows:,}: one each is needed")
    ids = rows.column(training.ID).to_pylist()
    return [
        (name, _skew(ids, rows.column(name), computed.column(name), tolerance))
        for name in rows.column_names
        if name in computed.column_names and not name.startswith(training.OURS)
    ]


def _skew(ids: list[Any], captured: pa.ChunkedArray, computed: pa.ChunkedArray, tolerance: float) -> Skew:
    if pa.types.is_floating(captured.type) or pa.types.is_integer(captured.type):
        sides = training.numbers(captured), training.numbers(computed)
        return skew_of(ids, captured.to_pylist(), computed.to_pylist(), numbers_differ(*sides, tolerance))
    sides_ = captured.to_pylist(), computed.cast(captured.type).to_pylist()
    return skew_of(ids, *sides_, np.array([one != other for one, other in zip(*sides_, strict=True)], dtype=np.bool_))

"""In which columns do rows wait to be learnt from, and are they written? Inputs by name, all else with a prefix."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.signature import Datatype, TensorSpec
from sluice.domain.training.rows import Numbers, Whole

OURS = "sluice_"
"""What the columns that are no inputs begin with."""

ID, AT, UNIT, VERSION = f"{OURS}prediction_id", f"{OURS}at", f"{OURS}unit", f"{OURS}version"
VARIANT, PROPENSITY = f"{OURS}variant", f"{OURS}propensity"
ANSWER, SOURCE, REASON, ASKED = f"{OURS}answer", f"{OURS}source", f"{OURS}reason", f"{OURS}asked"
ATTEMPT, STATE, FILE = f"{OURS}attempt", f"{OURS}state", f"{OURS}file"
LABEL, LABEL_AT, RECEIVED_AT = f"{OURS}label", f"{OURS}label_at", f"{OURS}received_at"
CAPTURED, HISTORY = "captured", "history"

_MOMENT = pa.timestamp("us", tz="UTC")
_WRITTEN = {
    SOURCE: pa.string(),
    ID: pa.string(),
    AT: _MOMENT,
    UNIT: pa.string(),
    VERSION: pa.string(),
    VARIANT: pa.string(),
    PROPENSITY: pa.float64(),
    ANSWER: pa.int16(),
}
_KEPT = {
    ATTEMPT: pa.int8(),
    STATE: pa.int8(),
    FILE: pa.int32(),
    LABEL: pa.float64(),
    LABEL_AT: pa.int64(),
    RECEIVED_AT: pa.int64(),
    REASON: pa.string(),
    ASKED: pa.string(),
}
_TYPES = {Datatype.BYTES: pa.string(), Datatype.BOOL: pa.bool_(), Datatype.FP16: pa.float32()} | {
    datatype: pa.from_numpy_dtype(np.dtype(datatype.value.replace("FP", "float").lower()))
    for datatype in Datatype
    if datatype not in (Datatype.BYTES, Datatype.BOOL, Datatype.FP16)
}
QUARANTINED = (SOURCE, ID, AT, UNIT, VERSION, LABEL, REASON, ASKED)


def type_of(spec: TensorSpec) -> pa.DataType:
    """Of an input's column."""
    return _TYPES[spec.datatype]


def schema_of(inputs: Sequence[TensorSpec]) -> pa.Schema:
    """Of rows that wait."""
    return pa.schema({**{spec.name: type_of(spec) for spec in inputs}, **_WRITTEN, **_KEPT})


def written(inputs: Sequence[TensorSpec]) -> list[str]:
    """The columns of a part, but for the label, which is called what it is."""
    return [*(spec.name for spec in inputs), *_WRITTEN]


def column(values: Any, kind: pa.DataType) -> pa.Array:
    """Values of a column; a number that cannot be held as such is rounded, as the model rounds it."""
    if pa.types.is_float32(kind):
        return pa.array(np.array(values, dtype=np.float64).astype(np.float32), kind, from_pandas=True)
    return pa.array(values, kind, from_pandas=True)


def whole(values: pa.ChunkedArray) -> Whole:
    """A column of whole numbers or moments, 0 where there is none."""
    numbers_ = values.cast(pa.int64()) if not pa.types.is_int64(values.type) else values
    return np.asarray(compute.fill_null(numbers_, 0)).astype(np.int64)


def numbers(values: pa.ChunkedArray) -> Numbers:
    """A column of numbers, NaN where there is none."""
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def places_of(values: pa.ChunkedArray) -> Whole:
    """The place of each text among all texts, in their order, equal for equal ones; a missing one is like no other."""
    places = np.asarray(compute.rank(values, sort_keys="ascending", tiebreaker="dense")).astype(np.int64)
    missing = np.asarray(values.is_null())
    places[missing] = np.arange(missing.sum()) - missing.sum()
    return places


def counts(values: pa.ChunkedArray, places: Whole) -> dict[str, int]:
    """How often each text stands at these places."""
    codes, names = places_of(values), sorted(set(values.unique().to_pylist()) - {None})
    found, often = np.unique(codes[places], return_counts=True)
    return {names[code - 1]: count for code, count in zip(found.tolist(), often.tolist(), strict=True)}


def write_part(
    file: Path, tables: Iterable[pa.Table], inputs: Sequence[TensorSpec], *, label: str, is_whole: bool
) -> None:
    """Write rows to learn from; the same rows are the same bytes. Raises UnreadableFile where that is not possible."""
    kinds = {spec.name: type_of(spec) for spec in inputs} | {label: pa.int64() if is_whole else pa.float64()}
    schema = pa.schema({**kinds, **_WRITTEN})
    named = (
        table.rename_columns([label if name == LABEL else name for name in table.column_names]) for table in tables
    )
    _write(file, (table.select(schema.names).cast(schema) for table in named), schema)


def write_quarantine(file: Path, tables: Iterable[pa.Table], reasons: Sequence[str | None]) -> None:
    """Write rows for a person to look at; ``reasons`` where the rows do not bring their own."""
    schema = pa.schema({name: (_WRITTEN | _KEPT)[name] for name in QUARANTINED})
    _write(file, _with_reasons(tables, reasons), schema)


def _with_reasons(tables: Iterable[pa.Table], reasons: Sequence[str | None]) -> Iterator[pa.Table]:
    at = 0
    for table in tables:
        given = pa.array(reasons[at : at + table.num_rows], pa.string())
        told = compute.coalesce(given, table.column(REASON))
        yield table.set_column(table.column_names.index(REASON), REASON, told)
        at += table.num_rows


def _write(file: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    try:
        with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table)
    except OSError as refused:
        raise UnreadableFile(f"{file} cannot be written: {refused.strerror or refused}") from refused

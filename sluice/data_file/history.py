"""Which rows does a Parquet file of history bring, from before anything was captured? Checked column by column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from sluice.data_file import spill, training
from sluice.data_file.times import times
from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.signature import TensorSpec
from sluice.domain.training.rows import Flags, State

_AT_ONCE = 65_536  # rows
_WORDS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)


@dataclass(frozen=True, slots=True)
class History:
    """A file of rows.

    Attributes:
        file: The file.
        inputs: Its columns that are learnt from.
        label: Its column of labels: numbers, flags, or names of classes.
        time: Its column of times.
        classes: Their names in order; none where labels are numbers.

    """

    file: Path
    inputs: Sequence[TensorSpec]
    label: str
    time: str
    classes: Sequence[str]

    def put_down(self, out: Path) -> int:
        """Write the rows where captured ones wait, too; how many. Raises UnreadableFile."""
        try:
            with parquet.ParquetFile(self.file) as opened:
                self._check(opened.schema_arrow.names)
                spill.write(out, training.schema_of(self.inputs), self._batches(opened))
                return int(opened.metadata.num_rows)
        except OSError as unreadable:
            raise UnreadableFile(f"{self.file} cannot be read: {unreadable.strerror or unreadable}") from unreadable
        except pa.ArrowException as broken:
            raise UnreadableFile(f"{self.file} is broken, or no Parquet file: {str(broken)[:200]}") from broken

    def _check(self, there: Sequence[str]) -> None:
        lacking = [name for name in self._names() if name not in there]
        if lacking:
            raise UnreadableFile(f"{self.file} lacks {', '.join(lacking)}; its columns are {', '.join(there)}")

    def _names(self) -> list[str]:
        return [*(spec.name for spec in self.inputs), self.label, self.time]

    def _batches(self, opened: Any) -> Iterator[pa.RecordBatch]:
        schema = training.schema_of(self.inputs)
        for batch in opened.iter_batches(batch_size=_AT_ONCE, columns=self._names()):
            columns = self._columns(batch)
            yield pa.record_batch(
                [columns.get(each.name, pa.nulls(batch.num_rows, each.type)) for each in schema], schema
            )

    def _columns(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        rows = batch.num_rows
        at = pa.array(self._times(batch.column(self.time)))
        found = {spec.name: self._input(spec, batch.column(spec.name)) for spec in self.inputs}
        lacks = {spec.name: _unfit(spec, found[spec.name]) for spec in self.inputs}
        reasons = np.full(rows, None, dtype=object)
        for name, unfit in lacks.items():
            reasons[unfit & (reasons == None)] = f"{name}: missing, or no number that can be held"  # noqa: E711
        states = np.where(reasons == None, int(State.FIT), int(State.MISFIT))  # noqa: E711
        return {
            **found,
            training.SOURCE: pa.array([training.HISTORY] * rows),
            training.AT: at.cast(pa.timestamp("us", tz="UTC")),
            training.ATTEMPT: pa.array(np.ones(rows, dtype=np.int8)),
            training.STATE: pa.array(states.astype(np.int8)),
            training.REASON: pa.array(reasons, pa.string()),
            training.LABEL: self._labels(batch.column(self.label)),
            training.LABEL_AT: at,
            training.RECEIVED_AT: at,
        }

    def _times(self, values: pa.Array) -> Any:
        try:
            return times(values)
        except ValueError as wrong:
            raise UnreadableFile(f"{self.file}: {self.time}: {wrong}") from wrong

    def _input(self, spec: TensorSpec, values: pa.Array) -> pa.Array:
        values, kind = _plain(values), training.type_of(spec)
        is_word = any(is_of(values.type) for is_of in _WORDS)
        wants_word = pa.types.is_string(kind)
        if is_word != wants_word and not pa.types.is_null(values.type):
            raise UnreadableFile(f"{self.file}: {spec.name} holds {values.type}, but is {spec.datatype} to the model")
        if wants_word and spec.optional:
            return compute.if_else(compute.equal(values, ""), None, values).cast(kind)
        if pa.types.is_floating(values.type):
            values = pa.array(values.to_numpy(zero_copy_only=False), from_pandas=True)  # NaN is a missing value
        return values.cast(kind, safe=not pa.types.is_floating(kind))

    def _labels(self, values: pa.Array) -> pa.Array:
        values = _plain(values)
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            return values.cast(pa.float64(), safe=False)
        places = compute.index_in(values, value_set=pa.array(self.classes, values.type))
        if places.null_count > values.null_count:
            raise UnreadableFile(f"{self.file}: {self.label} holds other words than the classes {list(self.classes)}")
        return places.cast(pa.float64())


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _unfit(spec: TensorSpec, values: pa.Array) -> Flags:
    """Rows whose value no request could hold."""
    missing = np.asarray(values.is_null())
    unfit = np.zeros(len(values), dtype=np.bool_) if spec.optional else missing
    if pa.types.is_floating(values.type):
        unfit = unfit | np.asarray(compute.fill_null(compute.is_inf(values), False))
    return np.asarray(unfit)

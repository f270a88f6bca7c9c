"""What does each row of a request ask about? Its inputs by name, as people write them."""

import struct
from collections.abc import Sequence
from typing import Any

from sluice.domain.batch import Batch, TensorData
from sluice.domain.open_inference import read_strings
from sluice.domain.signature import Datatype

Inputs = dict[str, Any]
_FORMATS = {
    Datatype.BOOL: "?",
    Datatype.UINT8: "B",
    Datatype.UINT16: "H",
    Datatype.UINT32: "I",
    Datatype.UINT64: "Q",
    Datatype.INT8: "b",
    Datatype.INT16: "h",
    Datatype.INT32: "i",
    Datatype.INT64: "q",
    Datatype.FP16: "e",
    Datatype.FP32: "f",
    Datatype.FP64: "d",
}


def inputs_by_row(batch: Batch) -> list[Inputs]:
    """The inputs of every row; one with one element is bare, a missing one None."""
    columns = {tensor.spec.name: _rows(tensor, batch.rows) for tensor in batch.tensors}
    return [{name: rows[row] for name, rows in columns.items()} for row in range(batch.rows)]


def elements(datatype: Datatype, blob: memoryview) -> list[Any]:
    """The elements in a tensor's little-endian bytes, texts as texts. Raises ValueError."""
    if datatype is Datatype.BYTES:
        return list(map(written, read_strings(blob)))
    count, rest = divmod(len(blob), datatype.size)
    if rest:
        raise ValueError(f"{len(blob)} bytes are no whole number of {datatype} elements")
    return list(struct.unpack(f"<{count}{_FORMATS[datatype]}", blob))


def written(element: Any) -> Any:
    """An element as people write it: texts as texts, a missing one as None."""
    if isinstance(element, bytes):
        return element.decode(errors="replace") or None
    return None if element != element else element  # noqa: PLR0124  NaN alone differs from itself


def bare(values: Sequence[Any]) -> Any:
    """The elements of a row; one alone is no list."""
    return values[0] if len(values) == 1 else list(values)


def _rows(tensor: TensorData, rows: int) -> list[Any]:
    """One value a row; a tensor without rows is the same for all of them."""
    raw = tensor.data
    values = list(map(written, elements(tensor.spec.datatype, raw) if isinstance(raw, memoryview) else raw))
    if not tensor.shape:
        return values * rows
    width = len(values) // rows
    return [bare(values[row * width : (row + 1) * width]) for row in range(rows)]

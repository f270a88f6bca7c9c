"""How does a checked tensor become an array, and an array the bytes of the Open Inference Protocol?"""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from sluice.domain.batch import Batch, TensorData
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.signature import Datatype

Array = np.ndarray[Any, Any]

DTYPES: dict[Datatype, np.dtype[Any]] = {
    Datatype.BOOL: np.dtype("?"),
    Datatype.UINT8: np.dtype("<u1"),
    Datatype.UINT16: np.dtype("<u2"),
    Datatype.UINT32: np.dtype("<u4"),
    Datatype.UINT64: np.dtype("<u8"),
    Datatype.INT8: np.dtype("<i1"),
    Datatype.INT16: np.dtype("<i2"),
    Datatype.INT32: np.dtype("<i4"),
    Datatype.INT64: np.dtype("<i8"),
    Datatype.FP16: np.dtype("<f2"),
    Datatype.FP32: np.dtype("<f4"),
    Datatype.FP64: np.dtype("<f8"),
    Datatype.BYTES: np.dtype(object),
}


def to_arrays(batch: Batch) -> dict[str, Array]:
    """The batch as onnxruntime takes it: strings are ``str``. Raises InvalidInput."""
    return {tensor.spec.name: _to_array(tensor) for tensor in batch.tensors}


def to_wire(values: Array, datatype: Datatype) -> bytes:
    """Little-endian, row-major bytes; strings each behind their length in four bytes."""
    if datatype is Datatype.BYTES:
        encoded = (text.encode() for text in values.ravel().tolist())
        return b"".join(part for text in encoded for part in (struct.pack("<I", len(text)), text))
    return values.astype(DTYPES[datatype], copy=False).tobytes()


def _to_array(tensor: TensorData) -> Array:
    spec, data = tensor.spec, tensor.data
    if spec.datatype is Datatype.BYTES:
        return _strings(spec.name, data).reshape(tensor.shape)
    dtype = DTYPES[spec.datatype]
    if isinstance(data, list):
        return np.array(data, dtype).reshape(tensor.shape)
    # Tensors lie in a body at any offset; onnxruntime reads memory in whole elements.
    return np.require(np.frombuffer(data, dtype), requirements="A").reshape(tensor.shape)


def _strings(name: str, elements: Iterable[Any]) -> Array:
    """ONNX strings are UTF-8; onnxruntime would turn ``bytes`` into their Python notation."""
    try:
        decoded = [element.decode() for element in elements]
    except UnicodeDecodeError as wrong:
        raise InvalidInput([Violation(f"inputs.{name}", "UTF-8 text", str(wrong))]) from wrong
    return np.array(decoded, dtype=object)

"""NumPy's .npy: one array for models of one input, one array back from models of one output. Never pickles.

Elements are converted only when no value can change kind or overflow: wherever NumPy calls the cast safe
(int32 -> float64), and from a wider float to a narrower one (float64 -> float32) if every value stays finite.
"""

import io
import tokenize
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from model_container.codecs.exchange import Answer, Outputs, Query
from model_container.codecs.media import MediaType
from model_container.codecs.tensors import DTYPES, Array
from model_container.errors import NotAcceptable, UnsupportedMediaType
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.open_inference import parse_infer_request
from sluice.domain.signature import Datatype, Signature, TensorSpec

_HEADERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}


def decode(signature: Signature, body: bytes) -> Query:
    """Read an .npy body. Raises InvalidInput, or UnsupportedMediaType when the model has several inputs."""
    if len(signature.inputs) > 1:
        names = [spec.name for spec in signature.inputs]
        raise UnsupportedMediaType(f"{MediaType.NPY} carries one array, the model takes {names}")
    spec = signature.inputs[0]
    values = _convert(spec, _read(body))
    tensor = {"name": spec.name, "shape": list(values.shape), "datatype": str(spec.datatype)}
    if spec.datatype is Datatype.BYTES:
        request: dict[str, Any] = {**tensor, "data": values.ravel().tolist()}
        return Query.for_all_outputs(signature, parse_infer_request(signature, {"inputs": [request]}))
    request = {**tensor, "parameters": {"binary_data_size": values.nbytes}}
    blob = memoryview(values.tobytes())
    return Query.for_all_outputs(signature, parse_infer_request(signature, {"inputs": [request]}, blob))


def encode(outputs: Outputs) -> Answer:
    """The one output. Raises NotAcceptable when there are several."""
    if len(outputs) > 1:
        raise NotAcceptable(f"{MediaType.NPY} carries one array, the answer has {list(outputs)}")
    (values,) = outputs.values()
    file = io.BytesIO()
    np.save(file, values.astype(str) if values.dtype == object else values, allow_pickle=False)
    return Answer(file.getvalue(), MediaType.NPY)


def _read(body: bytes) -> Array:
    """The array, without trusting its header: np.load would reserve whatever memory the header claims."""
    file = io.BytesIO(body)
    try:
        shape, is_fortran, dtype = _header(file)
        flat = np.frombuffer(body, dtype, offset=file.tell())
        return flat.reshape(shape, order="F" if is_fortran else "C")
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError) as wrong:
        raise InvalidInput([Violation("body", "a .npy file", str(wrong))]) from wrong


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether column-major, dtype; the file then stands at the elements. Raises what Python's parser does."""
    read = _HEADERS.get(npy_format.read_magic(file))
    if read is None:
        raise ValueError("a version of the format that only dtypes with names need")
    shape, is_fortran, dtype = read(file)
    if dtype.hasobject or dtype.names or dtype.subdtype:
        raise ValueError(f"elements of dtype {dtype}, which are not numbers or texts")
    return shape, is_fortran, dtype


def _convert(spec: TensorSpec, values: Array) -> Array:
    if spec.datatype is Datatype.BYTES:
        fits, target = values.dtype.kind == "U", values.dtype
    else:
        target = DTYPES[spec.datatype]
        narrowed = values.dtype.kind == target.kind == "f"
        fits = narrowed or np.can_cast(values.dtype, target, "safe")
    if not fits:
        expected = f"a dtype that converts safely to {spec.datatype}"
        raise InvalidInput([Violation(f"inputs.{spec.name}", expected, str(values.dtype))])
    # What overflows becomes infinite, which the signature's check then names.
    with np.errstate(over="ignore"):
        return values.astype(target, order="C", copy=False)

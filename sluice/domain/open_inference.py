"""Open Inference Protocol V2 requests, JSON and binary, checked against the model's signature.

Binary tensors follow the protocol's binary extension (kserve/open-inference-protocol,
specification/protocol/inference_rest.md; triton-inference-server/server, docs/protocol/extension_binary_data.md): the
body is a JSON header of ``header_size`` bytes, then each tensor's little-endian bytes in the order of ``inputs``.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from sluice.domain.batch import (
    Batch,
    TensorData,
    Violations,
    element_count,
    element_reader,
    flatten,
    has_only_allowed_floats,
    shorten,
)
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.signature import Datatype, Signature, TensorSpec

_MEMBERS = frozenset({"id", "inputs", "outputs", "parameters"})
_REQUIRED = frozenset({"name", "shape", "datatype"})
_LONGEST_DIMENSION = 2**63 - 1  # an INT64, as in the protocol
_MOST_DIMENSIONS = 8  # shown of a shape that does not fit


def parse_infer_request(signature: Signature, request: Any, binary: memoryview | None = None) -> Batch:
    """Read a decoded V2 request and, if there are any, the bytes that follow its header.

    Raises InvalidInput naming the tensor and what was expected.
    """
    violations = Violations()
    given = _given(request, violations)
    violations.raise_if_any()
    specs = {spec.name: spec for spec in signature.inputs}
    for name in sorted(given.keys() - specs.keys()):
        violations.note(f"inputs.{name}", f"one of the inputs {list(specs)}", "a tensor the model does not take")
    for name in [name for name in specs if name not in given]:
        violations.note(f"inputs.{name}", f"a {specs[name].datatype} tensor", "nothing: the tensor is missing")
    violations.raise_if_any()
    blobs = dict(_split(given, binary or memoryview(b""), violations))
    tensors = tuple(_tensor(specs[name], given[name], blobs.get(name), violations) for name in specs)
    violations.raise_if_any()
    return Batch(_rows(tensors), tensors)


def split_header(body: bytes, header_size: int) -> tuple[bytes, memoryview]:
    """Cut a binary request into its JSON header and the tensors' bytes. Raises InvalidInput."""
    if not 0 < header_size <= len(body):
        got = f"{header_size} for a body of {len(body)} bytes"
        raise InvalidInput([Violation("Inference-Header-Content-Length", "the length of the JSON header", got)])
    return body[:header_size], memoryview(body)[header_size:]


def read_strings(blob: memoryview) -> list[bytes]:
    """BYTES elements: each a 4-byte little-endian length, then that many bytes. Raises ValueError."""
    elements, at = [], 0
    while at < len(blob):
        if at + 4 > len(blob):
            raise ValueError("a length prefix is cut off")
        (length,) = struct.unpack_from("<I", blob, at)
        at += 4 + length
        if at > len(blob):
            raise ValueError("an element is cut off")
        elements.append(bytes(blob[at - length : at]))
    return elements


def _given(request: Any, violations: Violations) -> dict[str, Mapping[str, Any]]:
    if not isinstance(request, dict) or "inputs" not in request:
        violations.add("body", 'an object {"inputs": [...]}', request)
        return {}
    for extra in sorted(request.keys() - _MEMBERS):
        violations.add(extra, f"one of the members {sorted(_MEMBERS)}", request[extra])
    inputs = request["inputs"]
    if not isinstance(inputs, list) or not inputs:
        violations.note("inputs", "a list of at least one tensor", "[]" if inputs == [] else shorten(inputs))
        return {}
    given: dict[str, Mapping[str, Any]] = {}
    for index, tensor in enumerate(inputs):
        lacks = _REQUIRED - tensor.keys() if isinstance(tensor, dict) else _REQUIRED
        if lacks:
            got = f"an object without {sorted(lacks)}" if isinstance(tensor, dict) else shorten(tensor)
            violations.note(f"inputs[{index}]", "an object with name, shape, datatype and data", got)
        elif not isinstance(tensor["name"], str) or tensor["name"] in given:
            violations.add(f"inputs[{index}].name", "a name used once", tensor["name"])
        else:
            given[tensor["name"]] = tensor
    return given


def _split(
    given: Mapping[str, Mapping[str, Any]], binary: memoryview, violations: Violations
) -> Iterator[tuple[str, memoryview]]:
    """Hand each binary tensor its bytes; all bytes must be taken."""
    at = 0
    for name, tensor in given.items():
        parameters = tensor.get("parameters")
        size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, int) or size < 0 or at + size > len(binary):
            left = len(binary) - at
            violations.add(f"inputs.{name}.parameters.binary_data_size", f"at most the {left} bytes left", size)
            violations.raise_if_any()
        yield name, binary[at : at + size]
        at += size
    if at != len(binary):
        violations.note("body", f"{at} bytes of tensors after the header", f"{len(binary)} bytes")


def _tensor(spec: TensorSpec, given: Mapping[str, Any], blob: memoryview | None, violations: Violations) -> TensorData:
    where = f"inputs.{spec.name}"
    if given["datatype"] != spec.datatype:
        violations.add(f"{where}.datatype", str(spec.datatype), given["datatype"])
    shape = _shape(spec, given["shape"], violations)
    violations.raise_if_any()
    if blob is not None:
        return TensorData(spec, shape, _from_bytes(spec, shape, blob, violations))
    return TensorData(spec, shape, _from_json(spec, shape, given.get("data"), violations))


def _shape(spec: TensorSpec, given: Any, violations: Violations) -> tuple[int, ...]:
    """The concrete shape; a dimension of 0 would let a request without data claim any number of rows."""
    whole = isinstance(given, list) and all(type(dim) is int and 0 < dim <= _LONGEST_DIMENSION for dim in given)
    shape = tuple(given) if whole else ()
    if not whole or not spec.admits(shape):
        expected = f"{list(spec.shape)} (-1: any length but 0)"
        violations.note(f"inputs.{spec.name}.shape", expected, _shown_shape(given))
    return shape


def _shown_shape(given: Any) -> str:
    if not isinstance(given, list):
        return shorten(given)
    more = ["..."] if len(given) > _MOST_DIMENSIONS else []
    return f"[{', '.join([*map(shorten, given[:_MOST_DIMENSIONS]), *more])}]"


def _from_json(spec: TensorSpec, shape: tuple[int, ...], data: Any, violations: Violations) -> list[Any]:
    where, (expected, read) = f"inputs.{spec.name}.data", element_reader(spec)
    count = element_count(shape)
    out: list[Any] = []
    if not isinstance(data, list):
        violations.note(where, f"a list of {count} elements", "nothing" if data is None else shorten(data))
        return out
    nested = bool(data) and isinstance(data[0], list)
    if not nested and len(data) != count:
        violations.note(where, f"{count} elements for the shape {list(shape)}", f"{len(data)} elements")
        return out
    if nested:
        return _from_nested(spec, shape, data, violations)
    for index, value in enumerate(data):
        try:
            out.append(read(value))
        except ValueError:
            violations.add(f"{where}[{index}]", expected, value)
    return out


def _from_nested(spec: TensorSpec, shape: tuple[int, ...], data: Any, violations: Violations) -> list[Any]:
    out: list[Any] = []
    expected, read = element_reader(spec)
    try:
        flatten(data, shape, out, read)
    except ValueError:
        violations.add(f"inputs.{spec.name}.data", f"lists nested as {list(shape)}, each {expected}", data)
    return out


def _from_bytes(
    spec: TensorSpec, shape: tuple[int, ...], blob: memoryview, violations: Violations
) -> list[Any] | memoryview:
    where, count = f"inputs.{spec.name}", element_count(shape)
    if spec.datatype is Datatype.BYTES:
        try:
            elements = read_strings(blob)
        except ValueError as wrong:
            violations.note(where, "length-prefixed elements", str(wrong))
            return []
        if len(elements) != count:
            violations.note(where, f"{count} elements for the shape {list(shape)}", f"{len(elements)} elements")
        return elements
    if len(blob) != count * spec.datatype.size:
        expected = f"{count * spec.datatype.size} bytes for the shape {list(shape)}"
        violations.note(where, expected, f"{len(blob)} bytes")
    elif spec.datatype.is_float and not has_only_allowed_floats(_floats(spec, blob), optional=spec.optional):
        violations.note(where, element_reader(spec)[0], "NaN or infinity")
    elif spec.datatype is Datatype.BOOL and set(blob) - {0, 1}:
        violations.note(where, "bytes 0 or 1", "another byte")
    return blob


def _floats(spec: TensorSpec, blob: memoryview) -> "memoryview[float]":
    """The elements as a buffer of floats; FP16 is widened, because memoryview reads only native formats."""
    match spec.datatype:
        case Datatype.FP64:
            return blob.cast("d")
        case Datatype.FP32:
            return blob.cast("f")
    count = len(blob) // 2
    return memoryview(struct.pack(f"={count}f", *struct.unpack(f"<{count}e", blob))).cast("f")


def _rows(tensors: tuple[TensorData, ...]) -> int:
    lengths = {tensor.spec.name: tensor.shape[0] for tensor in tensors if tensor.shape}
    if len(set(lengths.values())) > 1:
        raise InvalidInput([Violation("inputs", "the same number of rows in every tensor", str(lengths))])
    return next(iter(lengths.values()), 1)

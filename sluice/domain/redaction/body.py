"""Where in a request do sensitive values stand? KServe V1, the Open Inference Protocol as JSON and with bytes."""

import base64
import json
import struct
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sluice.domain.message import BINARY_TYPE
from sluice.domain.open_inference import read_strings
from sluice.domain.redaction.value import TEXT, redacted
from sluice.domain.signature import Datatype

_FLOATS = {Datatype.FP16: "e", Datatype.FP32: "f", Datatype.FP64: "d"}
_ROWS, _TENSORS = "instances", "inputs"


def redacted_side(side: Mapping[str, Any], sensitive: Collection[str]) -> dict[str, Any]:
    """``endpointInput`` of a captured line without the values of some inputs.

    Raises LookupError, TypeError, ValueError, AttributeError or RecursionError for a body that cannot be understood.
    """
    data, kind = side["data"], side.get("observedContentType", "")
    if side.get("encoding") != "BASE64":
        return {**side, "data": json.dumps(_form(json.loads(data), sensitive))}
    raw = base64.b64decode(data, validate=True)
    if not kind.startswith(BINARY_TYPE):
        return {**side, "data": _base64(json.dumps(_form(json.loads(raw), sensitive)).encode())}
    size = int(kind.removeprefix(BINARY_TYPE))
    header, tensors = _with_bytes(json.loads(raw[:size]), memoryview(raw)[size:], sensitive)
    return {**side, "observedContentType": f"{BINARY_TYPE}{len(header)}", "data": _base64(header + tensors)}


def _form(form: Mapping[str, Any], sensitive: Collection[str]) -> dict[str, Any]:
    """Whichever of the two protocols: a body that holds both is redacted in both."""
    changed: dict[str, Any] = {}
    if _ROWS in form:
        changed[_ROWS] = [_row(row, sensitive) for row in _list(form[_ROWS])]
    if _TENSORS in form:
        changed[_TENSORS] = [_tensor(tensor, sensitive) for tensor in _list(form[_TENSORS])]
    if not changed:
        raise LookupError("neither instances nor inputs")
    return {**form, **changed}


def _row(row: Any, sensitive: Collection[str]) -> Any:
    """A bare row is of a model's only input, so of one that is sensitive."""
    if not isinstance(row, dict):
        return redacted(row)
    return {name: redacted(value) if name in sensitive else value for name, value in row.items()}


def _tensor(tensor: Mapping[str, Any], sensitive: Collection[str]) -> dict[str, Any]:
    """Raises ValueError for one of no datatype that there is."""
    Datatype(tensor["datatype"])
    changed = {"data": redacted(tensor["data"])} if tensor["name"] in sensitive and "data" in tensor else {}
    return {**tensor, **changed}


def _with_bytes(form: Mapping[str, Any], blobs: memoryview, sensitive: Collection[str]) -> tuple[bytes, bytes]:
    """The header and the tensors' bytes; a tensor of texts has other bytes, and so another size, than before."""
    tensors = list(_sized(_list(form[_TENSORS]), blobs, sensitive))
    header = {**_form({_TENSORS: [tensor for tensor, _ in tensors]}, sensitive)}
    return json.dumps({**form, **header}).encode(), b"".join(blob for _, blob in tensors)


def _sized(
    tensors: list[Mapping[str, Any]], blobs: memoryview, sensitive: Collection[str]
) -> Iterator[tuple[Mapping[str, Any], bytes]]:
    at = 0
    for tensor in tensors:
        parameters = tensor.get("parameters", {})
        size = parameters.get("binary_data_size")
        if size is None:
            yield tensor, b""
            continue
        blob, at = blobs[at : at + size], at + size
        if tensor["name"] not in sensitive:
            yield tensor, bytes(blob)
            continue
        new = _blob(Datatype(tensor["datatype"]), blob)
        yield {**tensor, "parameters": {**parameters, "binary_data_size": len(new)}}, new


def _blob(datatype: Datatype, blob: memoryview) -> bytes:
    """Little-endian elements, or texts after their lengths."""
    if datatype is Datatype.BYTES:
        texts = [TEXT.encode() if text else b"" for text in read_strings(blob)]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    if datatype not in _FLOATS:
        return bytes(len(blob))
    count, rest = divmod(len(blob), datatype.size)
    if rest:
        raise ValueError("the bytes are no whole number of elements")
    form = f"<{count}{_FLOATS[datatype]}"
    return struct.pack(form, *map(redacted, struct.unpack(form, blob)))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is needed")
    return value


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()

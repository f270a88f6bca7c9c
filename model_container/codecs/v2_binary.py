"""The V2 binary extension: a JSON header, then the bytes of the tensors the header marks as binary."""

import re
from collections.abc import Collection
from typing import Any

from model_container.codecs import json_text, json_v2
from model_container.codecs.exchange import Answer, Outputs, Query
from model_container.codecs.media import MediaType
from model_container.codecs.tensors import to_wire
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.open_inference import split_header
from sluice.domain.signature import Datatype, Signature

_SIZE = re.compile("[0-9]{1,9}")


def decode(signature: Signature, body: bytes, header_size: str | None) -> Query:
    """Read a body whose JSON header has ``header_size`` bytes, as told in a header. Raises InvalidInput."""
    if header_size is None or not _SIZE.fullmatch(header_size):
        got = "nothing" if header_size is None else header_size
        raise InvalidInput([Violation("json-header-size", "the length of the JSON header in bytes", got[:60])])
    header, tail = split_header(body, int(header_size))
    return json_v2.decode(signature, json_text.read(header), tail)


def encode(signature: Signature, query: Query, outputs: Outputs, binary: Collection[str]) -> Answer:
    """The outputs named in ``binary`` as bytes behind the JSON header, the others inside it."""
    if not binary:
        return json_v2.encode(signature, query, outputs)
    tensors: list[dict[str, Any]] = []
    blobs: list[bytes] = []
    for head in json_v2.heads(signature, outputs):
        values = outputs[head["name"]]
        if head["name"] in binary:
            blobs.append(to_wire(values, Datatype(head["datatype"])))
            tensors.append({**head, "parameters": {"binary_data_size": len(blobs[-1])}})
        else:
            tensors.append({**head, "data": values.ravel().tolist()})
    header = json_text.write(json_v2.envelope(signature, query, tensors))
    return Answer(b"".join([header, *blobs]), MediaType.BINARY, json_size=len(header))

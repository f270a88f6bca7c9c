"""What did the caller send? From an HTTP request to a question whose data fits the model."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic_core import from_json

from sluice.api.problem_types import BODY_TOO_LARGE, INVALID_UNIT, MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE
from sluice.api.problems import Refused
from sluice.api.size import LARGEST_BODY
from sluice.domain.batch import Batch
from sluice.domain.instances import parse_instances
from sluice.domain.open_inference import parse_infer_request, split_header
from sluice.domain.signature import Signature
from sluice.service.predict import BINARY_TYPE

_LONGEST_UNIT = 256
_LENGTH = re.compile("[0-9]{1,9}")
_JSON = "application/json"
_BINARY = "application/octet-stream"
HEADER_LENGTH = "Inference-Header-Content-Length"


@dataclass(frozen=True, slots=True)
class Body:
    """A body that fits the model: how many rows it holds, and as what the container should read it."""

    rows: int
    content: bytes
    content_type: str


Reader = Callable[[Request, bytes, Signature], Body]


def read_v1(request: Request, content: bytes, signature: Signature) -> Body:
    """A KServe V1 body. Raises Refused or InvalidInput."""
    if _media_type(request) != _JSON:
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"got {_media_type(request)}")
    return Body(parse_instances(signature, _decode(content)).rows, content, _JSON)


def read_v2(request: Request, content: bytes, signature: Signature) -> Body:
    """An Open Inference Protocol body, JSON or binary. Raises Refused or InvalidInput."""
    length = request.headers.get(HEADER_LENGTH)
    if length is None:
        if _media_type(request) != _JSON:
            raise Refused(UNSUPPORTED_MEDIA_TYPE, f"got {_media_type(request)} without {HEADER_LENGTH}")
        return Body(parse_infer_request(signature, _decode(content)).rows, content, _JSON)
    if _media_type(request) not in (_JSON, _BINARY):
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"got {_media_type(request)}")
    if not _LENGTH.fullmatch(length):
        raise Refused(MALFORMED_BODY, f"{HEADER_LENGTH} must be a number of bytes, got {length[:40]!r}")
    return Body(_read_binary(content, int(length), signature).rows, content, f"{BINARY_TYPE}{int(length)}")


def _read_binary(content: bytes, header_size: int, signature: Signature) -> Batch:
    header, tensors = split_header(content, header_size)
    return parse_infer_request(signature, _decode(header), tensors)


async def content_of(request: Request) -> bytes:
    """The body's bytes. Raises Refused when there are too many."""
    content = await request.body()
    if len(content) > LARGEST_BODY:
        raise Refused(BODY_TOO_LARGE, f"got {len(content)} bytes, the limit is {LARGEST_BODY}")
    return content


def unit_of(request: Request, *, default: str) -> str:
    """Who is assigned: the header ``X-Sluice-Unit``, else the token's subject, else ``default``. Raises Refused."""
    unit = request.headers.get("X-Sluice-Unit")
    if unit is None:
        return _subject(request) or default
    if not 0 < len(unit) <= _LONGEST_UNIT or not unit.isascii() or not unit.isprintable():
        raise Refused(INVALID_UNIT, f"X-Sluice-Unit is {len(unit)} characters: {unit[:40]!r}")
    return unit


def _subject(request: Request) -> str | None:
    """The ``sub`` claim of the token that API Gateway checked, if it checked one."""
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    subject = context.get("authorizer", {}).get("jwt", {}).get("claims", {}).get("sub")
    return subject if isinstance(subject, str) else None


def _media_type(request: Request) -> str:
    return request.headers.get("Content-Type", _JSON).partition(";")[0].strip().lower()


def _decode(content: bytes) -> Any:
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as wrong:
        raise Refused(MALFORMED_BODY, f"not JSON: {wrong}") from wrong

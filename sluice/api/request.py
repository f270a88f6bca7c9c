"""What did the caller send? From an HTTP request to a question whose data fits the model."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic_core import from_json

from sluice.api.problem_types import BODY_TOO_LARGE, INVALID_UNIT, MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE
from sluice.api.problems import Refused
from sluice.api.size import LARGEST_BODY
from sluice.domain.batch import Batch
from sluice.domain.instances import parse_instances
from sluice.domain.message import BINARY_TYPE
from sluice.domain.open_inference import parse_infer_request, split_header
from sluice.domain.signature import Signature

_LONGEST_UNIT = 256
_LENGTH = re.compile("[0-9]{1,9}")
JSON = "application/json"
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
    return Body(parse_instances(signature, read_json(request, content)).rows, content, JSON)


def read_v2(request: Request, content: bytes, signature: Signature) -> Body:
    """An Open Inference Protocol body, JSON or binary. Raises Refused or InvalidInput."""
    length = request.headers.get(HEADER_LENGTH)
    if length is None:
        if _media_type(request) != JSON:
            raise Refused(UNSUPPORTED_MEDIA_TYPE, f"got {_media_type(request)} without {HEADER_LENGTH}")
        return Body(parse_infer_request(signature, _decode(content)).rows, content, JSON)
    if _media_type(request) not in (JSON, _BINARY):
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


async def json_of(request: Request) -> Any:
    """The body's JSON. Raises Refused."""
    return read_json(request, await content_of(request))


def read_json(request: Request, content: bytes) -> Any:
    """The JSON of a body. Raises Refused."""
    if _media_type(request) != JSON:
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"got {_media_type(request)}")
    return _decode(content)


def unit_of(request: Request, *, default: str) -> str:
    """Who is assigned: the header ``X-Sluice-Unit``, else the token's subject, else ``default``. Raises Refused."""
    unit = request.headers.get("X-Sluice-Unit")
    if unit is None:
        return _subject(request) or default
    if not 0 < len(unit) <= _LONGEST_UNIT or not unit.isascii() or not unit.isprintable():
        raise Refused(INVALID_UNIT, f"X-Sluice-Unit is {len(unit)} characters: {unit[:40]!r}")
    return unit


def groups_of(request: Request) -> frozenset[str]:
    """The caller's groups: the token's claim ``groups``, and the header ``X-Sluice-Group``, separated by commas.

    API Gateway hands a claim that is a list on as text, ``[staff beta]``.
    """
    claim = _claims(request).get("groups", ())
    claimed = claim.strip("[]").replace(",", " ").split() if isinstance(claim, str) else map(str, claim)
    named = (group.strip() for group in request.headers.get("X-Sluice-Group", "").split(","))
    return frozenset([*claimed, *filter(None, named)])


def _subject(request: Request) -> str | None:
    """The ``sub`` claim of the token that API Gateway checked, if it checked one."""
    subject = _claims(request).get("sub")
    return subject if isinstance(subject, str) else None


def _claims(request: Request) -> Mapping[str, Any]:
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    claims: Mapping[str, Any] = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    return claims


def _media_type(request: Request) -> str:
    return request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()


def _decode(content: bytes) -> Any:
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as wrong:
        raise Refused(MALFORMED_BODY, f"not JSON: {wrong}") from wrong

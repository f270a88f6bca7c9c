"""What did the client send, and is it within what API Gateway takes?"""

import base64
import os
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_cloud.front_door.answer import Refused

BODY_LIMIT_BYTES = 10 * 1024 * 1024
HEAD_LIMIT_BYTES = 10_240

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        path: Percent-decoded, with the stage's prefix if it has one.
        raw_path: As on the wire, without the query.
        query: As on the wire, without the question mark.
        headers: Names in lower case, in the order of the wire, duplicates kept.
        protocol: ``HTTP/1.1``.
        time: When it arrived, by the cloud's clock.

    """

    id: str
    time: datetime
    method: str
    path: str
    raw_path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    protocol: str

    def header(self, name: str) -> str | None:
        """All values of a header (lower-case name), joined by commas as API Gateway does; None without one."""
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None


def new_request_id() -> str:
    """Sixteen characters like API Gateway's, as ``JKJaXmPLvHcESHA=``."""
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


async def read_request(scope: Scope, receive: Receive, *, now: datetime) -> Request:
    """Read an ASGI request to its end.

    Raises:
        Refused: 431 when request line and headers are over 10,240 bytes, 413 when the body is over 10 MB.

    """
    raw_path, query, raw_headers = scope["raw_path"], scope["query_string"], scope["headers"]
    head_size = len(scope["method"]) + len(raw_path) + len(query) + sum(len(a) + len(b) + 4 for a, b in raw_headers)
    if head_size > HEAD_LIMIT_BYTES:
        raise Refused(431, "Request Header Fields Too Large")
    return Request(
        id=new_request_id(),
        time=now,
        method=scope["method"],
        path=scope["path"],
        raw_path=raw_path.decode("latin-1"),
        query=query.decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw_headers),
        body=await _read_body(receive),
        source_ip=scope["client"][0],
        protocol=f"HTTP/{scope['http_version']}",
    )


async def _read_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT_BYTES:
            raise Refused(413, "Request Entity Too Large")
        if not message.get("more_body"):  # the end, or the client went away
            return b"".join(parts)

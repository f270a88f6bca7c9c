"""What does the client get: the function's answer in HTTP, or API Gateway's own words?

Source: API Gateway developer guide, "Lambda function response for format 2.0".
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_STATUSES = range(100, 600)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[^\t\x20-\x7e\x80-\xff]")  # what cannot stand in a header's line

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; header names are in lower case."""

    status: int
    headers: Headers
    body: bytes


class Refused(Exception):
    """API Gateway answers by itself.

    Attributes:
        status: The HTTP status.
        message: The body's ``message``.
        headers: Further response headers.
        detail: Why, for the access log only.

    """

    def __init__(self, status: int, message: str, *, headers: Headers = (), detail: str = "") -> None:
        super().__init__(f"{status} {message}: {detail}")
        self.status = status
        self.message = message
        self.headers = headers
        self.detail = detail

    def answer(self) -> Answer:
        """The refusal as a response."""
        body = json.dumps({"message": self.message}, separators=(",", ":")).encode()
        return Answer(self.status, (("content-type", "application/json"), *self.headers), body)


class InvalidAnswer(ValueError):
    """The function's answer is not of format 2.0."""


def read_answer(payload: bytes) -> Answer:
    """Read a function's JSON answer: an object with ``statusCode``, or any JSON, which is a 200 by itself.

    Raises:
        InvalidAnswer: API Gateway turns this into 500.

    """
    try:
        value = json.loads(payload)
    except ValueError as error:
        raise InvalidAnswer("not JSON") from error
    if not isinstance(value, dict) or "statusCode" not in value:
        body = value.encode() if isinstance(value, str) else payload
        return Answer(200, (("content-type", "application/json"),), body)
    headers = _headers(value.get("headers") or {})
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", cookie) for cookie in _cookies(value.get("cookies") or [])]
    return Answer(_status(value["statusCode"]), tuple(headers), _body(value))


def _status(value: Any) -> int:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if type(value) is not int or value not in _STATUSES:
        raise InvalidAnswer(f"statusCode is {value!r}")
    return value


def _headers(headers: Any) -> list[tuple[str, str]]:
    if not isinstance(headers, Mapping):
        raise InvalidAnswer("headers is not an object")
    return [(_header_name(name), _header_value(name, value)) for name, value in headers.items()]


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise InvalidAnswer(f"{name!r} is no name for a header")
    return name.lower()


def _header_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float) or _CONTROL.search(str(value)):
        raise InvalidAnswer(f"the header {name} is neither a line of text nor a number")
    return str(value)


def _cookies(cookies: Any) -> list[str]:
    if not isinstance(cookies, list):
        raise InvalidAnswer("cookies is not a list")
    return [_header_value("set-cookie", one) for one in cookies]


def _body(value: Mapping[str, Any]) -> bytes:
    body = value.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise InvalidAnswer("body is not a string")
    if not value.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:  # binascii.Error is one, but what is not ASCII raises another
        raise InvalidAnswer("body is not base64") from error

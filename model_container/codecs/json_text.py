"""Is this UTF-8 JSON? Strictly: NaN and Infinity are not JSON, here as in RFC 8259."""

import json
from typing import Any, NoReturn

from sluice.domain.errors import InvalidInput, Violation


def read(text: bytes) -> Any:
    """Decode a JSON text. Raises InvalidInput."""
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise InvalidInput([Violation("body", "JSON", "lists nested too deeply")]) from None
    except ValueError as wrong:
        raise InvalidInput([Violation("body", "JSON", str(wrong))]) from wrong


def write(value: Any) -> bytes:
    """Encode, without blanks."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _refuse(literal: str) -> NoReturn:
    raise ValueError(f"{literal}, which is not a JSON number")

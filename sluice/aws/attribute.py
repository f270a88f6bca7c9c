"""How do our values look as attributes of DynamoDB items? Numbers are decimal, moments are whole seconds since 1970."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Attribute = Mapping[str, Any]
Item = Mapping[str, Attribute]

EXPIRES = "expires_at"
"""What the table's time to live looks at."""


def text(value: str) -> Attribute:
    """A string."""
    return {"S": value}


def number(value: float | Decimal) -> Attribute:
    """A number, exactly as it prints."""
    return {"N": f"{Decimal(str(value)):f}"}


def moment(at: datetime) -> Attribute:
    """A time, to the second."""
    return {"N": str(int(at.timestamp()))}


def as_text(item: Item, name: str) -> str:
    """A string attribute. Raises KeyError."""
    return str(item[name]["S"])


def as_float(item: Item, name: str, default: float = 0.0) -> float:
    """A number, or the default when there is none."""
    return float(item[name]["N"]) if name in item else default


def as_int(item: Item, name: str, default: int = 0) -> int:
    """A whole number, or the default when there is none."""
    return int(item[name]["N"]) if name in item else default


def as_moment(item: Item, name: str) -> datetime:
    """A time. Raises KeyError."""
    return datetime.fromtimestamp(int(item[name]["N"]), UTC)


def key(pk: str, sk: str) -> dict[str, Attribute]:
    """The key of an item."""
    return {"pk": text(pk), "sk": text(sk)}

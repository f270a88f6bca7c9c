"""What in a request does not fit what the API takes? FastAPI's findings as the places of a problem."""

from collections.abc import Sequence
from typing import Any

_LONGEST_SHOWN = 60
_MOST_VIOLATIONS = 10


def violations_of(errors: Sequence[Any]) -> list[dict[str, str]]:
    """The places that do not fit, as problems list them; at most ten."""
    return [_violation(error) for error in errors[:_MOST_VIOLATIONS]]


def _violation(error: Any) -> dict[str, str]:
    source, *path = error["loc"]
    where = ".".join(map(str, path)) or str(source)
    is_unknown = error["type"] == "extra_forbidden"
    expected = "no such field" if is_unknown else error["msg"].removeprefix("Value error, ")
    return {"where": where, "expected": expected, "got": "nothing" if error["type"] == "missing" else _shown(error)}


def _shown(error: Any) -> str:
    return f"{error['input']!r:.{_LONGEST_SHOWN}}"

"""Which of all are listed, in which order, and how many at a time?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from local_cloud.sagemaker.refusal import Refused

Listed = TypeVar("Listed")
_PAGE = 10


def within(moment: datetime, after: datetime | None, before: datetime | None) -> bool:
    """Whether a moment lies between the two, of which either may be missing."""
    return (after is None or moment >= _aware(after)) and (before is None or moment <= _aware(before))


def ordered(
    found: Iterable[Listed], key: Callable[[Listed], Any], request: Mapping[str, Any], *, default: str = "Ascending"
) -> list[Listed]:
    """In the request's SortOrder."""
    return sorted(found, key=key, reverse=request.get("SortOrder", default) == "Descending")


def page(found: Sequence[Listed], request: Mapping[str, Any]) -> tuple[Sequence[Listed], dict[str, str]]:
    """As many as MaxResults says from where NextToken says, and the answer's own NextToken. Raises Refused."""
    token, most = request.get("NextToken", "0"), int(request.get("MaxResults", _PAGE))
    if not token.isdecimal():
        raise Refused("Invalid pagination token.")
    start = int(token)
    end = start + most
    return found[start:end], {"NextToken": str(end)} if end < len(found) else {}


def _aware(moment: datetime) -> datetime:
    """What callers send is UTC, with or without saying so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""The counts of each window: into which every captured file is folded exactly once, however often it comes.

``pk = WINDOW#<model>#<version>``, ``sk = <yyyy-mm-ddThh>#<binning>#<variant>``: one summary, as bytes; in
``slices`` those of its slices, where rows are watched by slices; in ``unknown`` the words that its reference does not
know, where there were some; in ``copies`` how many of the ``compared`` rows are copies.
``pk = FILE#<key>``, ``sk = SUMMARISED#<etag>#<version>#<variant>#<hour>#<binning>``: what that file brings to that
window is in it, as long as the window is kept. Both are written by one transaction, the summary on top of the revision
that was read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from sluice.aws.attribute import Item, as_int, as_text, key, number
from sluice.aws.item_store import ItemStore, expiring
from sluice.domain.monitoring.window import LENGTH, Window

_FILE_STAYS = timedelta(days=15)  # at least: longer than the 14 days that a queue may hold a notification
_HOUR = "%Y-%m-%dT%H"
_NEW = "attribute_not_exists(pk)"


class Folded(Enum):
    """What became of a write."""

    DONE = "done"
    BEFORE = "before"  # what the file brings to the window was in it already
    OVERTAKEN = "overtaken"  # somebody else wrote first: read again


@dataclass(frozen=True, slots=True)
class Stored:
    """A window as it is stored.

    Attributes:
        window: Which.
        summary: Its counts, as ``sluice.domain.drift.wire`` writes them.
        revision: Counts its writes.
        slices: The counts of its slices, as ``sluice.domain.drift.slices_wire`` writes them; empty for none.
        unknown: Its unknown words, as ``sluice.domain.drift.unknown_wire`` writes them; empty for none.
        compared: How many of its rows were compared with each other; 0 of windows from before that was done.
        copies: How many of these are equal to one before them.

    """

    window: Window
    summary: bytes
    revision: int
    slices: bytes = b""
    unknown: bytes = b""
    compared: int = 0
    copies: int = 0


class Windows:
    """Reads and writes windows. Every method may raise StoreUnavailable."""

    def __init__(self, items: ItemStore) -> None:
        self._items = items

    def get(self, window: Window, binning: str) -> Stored | None:
        """One window counted by one binning, or None."""
        sk = _sort_key(window, binning)
        return next(
            (_stored(window.model, item) for item in self._items.query(_partition(window), between=(sk, sk))), None
        )

    def put(self, stored: Stored, binning: str, *, file: str, etag: str, keep: timedelta, now: datetime) -> Folded:
        """Write a window to which a file was added; ``stored.revision`` is the one that was read, 0 for a new one."""
        window, sk = stored.window, _sort_key(stored.window, binning)
        marker = key(f"FILE#{file}", f"SUMMARISED#{etag}#{window.version}#{window.variant}#{sk}")
        item = {
            **key(_partition(window), sk),
            "summary": {"B": stored.summary},
            "revision": number(stored.revision + 1),
            "compared": number(stored.compared),
            "copies": number(stored.copies),
            **{name: {"B": data} for name, data in _beside(stored).items() if data},
        }
        end = window.start + LENGTH + keep
        failed = self._items.transact(
            [
                {"Put": {"Item": expiring(marker, max(now + _FILE_STAYS, end)), "ConditionExpression": _NEW}},
                {"Put": {"Item": expiring(item, end), **_on_top(stored.revision)}},
            ]
        )
        if 0 in failed:
            return Folded.BEFORE
        return Folded.OVERTAKEN if failed else Folded.DONE

    def between(self, model: str, version: str, binning: str, *, first: datetime, last: datetime) -> Iterator[Stored]:
        """The windows of a version that began at ``first`` to ``last`` and were counted by one binning."""
        span = f"{first:{_HOUR}}", f"{last:{_HOUR}}#~"
        for item in self._items.query(f"WINDOW#{model}#{version}", between=span):
            if as_text(item, "sk").split("#")[1] == binning:
                yield _stored(model, item)


def _beside(stored: Stored) -> dict[str, bytes]:
    return {"slices": stored.slices, "unknown": stored.unknown}


def _on_top(revision: int) -> dict[str, Any]:
    if not revision:
        return {"ConditionExpression": _NEW}
    read = {":read": number(revision)}
    return {"ConditionExpression": "revision = :read", "ExpressionAttributeValues": read}


def _partition(window: Window) -> str:
    return f"WINDOW#{window.model}#{window.version}"


def _sort_key(window: Window, binning: str) -> str:
    return f"{window.start:{_HOUR}}#{binning}#{window.variant}"


def _stored(model: str, item: Item) -> Stored:
    hour, _, variant = as_text(item, "sk").split("#")
    version = as_text(item, "pk").removeprefix(f"WINDOW#{model}#")
    window = Window(model, version, variant, datetime.strptime(hour, _HOUR).replace(tzinfo=UTC))
    slices, unknown = (bytes(item[name]["B"]) if name in item else b"" for name in ("slices", "unknown"))
    compared, copies = as_int(item, "compared"), as_int(item, "copies")
    return Stored(window, bytes(item["summary"]["B"]), as_int(item, "revision"), slices, unknown, compared, copies)

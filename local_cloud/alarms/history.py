"""What has happened to alarms? Kept when an alarm is deleted, until there is too much."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

_MOST_ITEMS = 20_000
_MOST_DATA = 4095  # characters of HistoryData (BC:cloudwatch)
_MOST_SUMMARY = 255


class AlarmKind(StrEnum):
    """The two kinds of alarm, as AlarmTypes names them."""

    METRIC = "MetricAlarm"
    COMPOSITE = "CompositeAlarm"


class Happening(StrEnum):
    """The kinds of items."""

    CONFIGURATION = "ConfigurationUpdate"
    STATE = "StateUpdate"
    ACTION = "Action"


@dataclass(frozen=True, slots=True)
class Item:
    """One of them."""

    alarm: str
    kind: AlarmKind
    at: datetime
    happening: Happening
    summary: str
    data: str

    def describe(self) -> dict[str, Any]:
        """As DescribeAlarmHistory tells it."""
        return {
            "AlarmName": self.alarm,
            "AlarmType": self.kind,
            "Timestamp": self.at,
            "HistoryItemType": self.happening,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are asked for; None is any."""

    alarm: str | None = None
    kinds: frozenset[AlarmKind] = frozenset({AlarmKind.METRIC})
    happening: Happening | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, item: Item) -> bool:
        """Whether it is one of them."""
        return (
            self.alarm in (None, item.alarm)
            and item.kind in self.kinds
            and self.happening in (None, item.happening)
            and (self.since is None or item.at >= self.since)
            and (self.until is None or item.at <= self.until)
        )


class History:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: deque[Item] = deque(maxlen=_MOST_ITEMS)

    def note(self, alarm: tuple[str, AlarmKind], happening: Happening, told: tuple[str, Any], *, at: datetime) -> None:
        """Add an item; ``told`` is its summary and what is kept as JSON."""
        summary, data = told
        item = Item(*alarm, at, happening, summary[:_MOST_SUMMARY], _short(data))
        with self._lock:
            self._items.append(item)

    def find(self, wanted: Wanted, *, newest_first: bool = True) -> list[Item]:
        """Those wanted, in order."""
        with self._lock:
            found = [item for item in self._items if wanted.takes(item)]
        return found[::-1] if newest_first else found


def _short(data: Any) -> str:
    text = json.dumps(data, separators=(",", ":"), default=str)
    if len(text) > _MOST_DATA and isinstance(data, Mapping):
        text = json.dumps({"version": "1.0", "tooLong": len(text)})
    return text

"""How predictions compared with their labels, hour by hour: each label is counted exactly once, however often it comes.

``pk = OUTCOMES#<model>#<version>``, ``sk = <yyyy-mm-ddThh>#<binning>#<variant>``: the counts of a window and beside
them those of its slices, as bytes;
``sk = TOTAL#<binning>``: how many labels there are in all windows, and how many answers were wrong, and the same of
each slice that is judged (``slices``: by column and value; 100 of them take a tenth of an item at most). One
transaction writes both on top of the revisions that were read and takes away the labels that are counted by that
(`sluice.aws.labels`): the same label can be taken away once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.aws.attribute import Item, as_int, as_text, key, number
from sluice.aws.item_store import MOST_IN_TRANSACTION, ItemStore, expiring
from sluice.aws.labels import remove_label, waiting_labels
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.watched_slice import SliceTotal
from sluice.domain.monitoring.window import LENGTH, Window

MOST_TOGETHER = MOST_IN_TRANSACTION - 2
"""So many labels can be counted at once."""

_HOUR = "%Y-%m-%dT%H"
_TOTAL = "TOTAL#"


@dataclass(frozen=True, slots=True)
class StoredOutcomes:
    """A window as it is stored.

    Attributes:
        window: Which.
        outcomes: Its counts, as ``sluice.domain.drift.outcomes_wire`` writes them.
        revision: Counts its writes.
        slices: Those of each slice, as ``sluice.domain.drift.slice_outcomes_wire`` writes them; empty without any.

    """

    window: Window
    outcomes: bytes
    revision: int = 0
    slices: bytes = b""


@dataclass(frozen=True, slots=True)
class Total:
    """All labels of a version, as far as they are counted.

    Attributes:
        rows: How many.
        errors: How many of them say that the answer was wrong.
        revision: Counts writes.
        slices: The same of the slices that are judged, by column and value.

    """

    rows: int = 0
    errors: int = 0
    revision: int = 0
    slices: Mapping[tuple[str, str], SliceTotal] = field(default_factory=dict)


class OutcomeStore:
    """Reads and writes outcomes. Every method may raise StoreUnavailable."""

    def __init__(self, items: ItemStore) -> None:
        self._items = items

    def waiting(self, model: str, version: str) -> Iterator[Labelled]:
        """The labels of a version that are not counted yet, by hour and variant."""
        return waiting_labels(self._items, model, version)

    def get(self, window: Window, binning: str) -> StoredOutcomes | None:
        """One window counted by one binning, or None."""
        item = self._item(window.model, window.version, _sort_key(window, binning))
        return None if item is None else _stored(window.model, item)

    def total(self, model: str, version: str, binning: str) -> Total:
        """What is counted by one binning, in all."""
        item = self._item(model, version, _TOTAL + binning) or {}
        return Total(as_int(item, "rows"), as_int(item, "errors"), as_int(item, "revision"), _slices_in(item))

    def put(
        self, stored: StoredOutcomes, total: Total, labels: Sequence[Labelled], *, binning: str, keep: timedelta
    ) -> bool:
        """Write a window and the total with these labels counted in both; False where somebody else wrote first.

        Both revisions are those that were read, 0 for what is new. At most ``MOST_TOGETHER`` labels.
        """
        window, partition = stored.window, _partition(stored.window.model, stored.window.version)
        slices = {"slices": {"B": stored.slices}} if stored.slices else {}
        counts = {**key(partition, _sort_key(window, binning)), "outcomes": {"B": stored.outcomes}, **slices}
        sums = {**key(partition, _TOTAL + binning), **_sums(total)}
        actions = [
            _on_top(expiring(counts, window.start + LENGTH + keep), stored.revision),
            _on_top(sums, total.revision),
            *map(remove_label, labels),
        ]
        return not self._items.transact(actions)

    def between(
        self, model: str, version: str, binning: str, *, first: datetime, last: datetime
    ) -> Iterator[StoredOutcomes]:
        """The windows of a version that began at ``first`` to ``last`` and were counted by one binning, in order."""
        span = f"{first:{_HOUR}}", f"{last:{_HOUR}}#~"
        for item in self._items.query(_partition(model, version), between=span):
            if as_text(item, "sk").split("#")[1] == binning:
                yield _stored(model, item)

    def _item(self, model: str, version: str, sk: str) -> Item | None:
        return next(iter(self._items.query(_partition(model, version), between=(sk, sk))), None)


def _on_top(item: Item, revision: int) -> dict[str, Any]:
    """The action that puts an item on top of a revision."""
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if revision:
        read = {":read": number(revision)}
        condition = {"ConditionExpression": "revision = :read", "ExpressionAttributeValues": read}
    return {"Put": {"Item": {**item, "revision": number(revision + 1)}, **condition}}


def _sums(total: Total) -> Item:
    """The attributes of a total: no attribute of slices without any."""
    by_column: dict[str, dict[str, Any]] = {}
    for (column, value), each in total.slices.items():
        by_column.setdefault(column, {})[value] = {"L": [number(each.rows), number(each.errors)]}
    slices = {"slices": {"M": {column: {"M": values} for column, values in by_column.items()}}} if by_column else {}
    return {"rows": number(total.rows), "errors": number(total.errors), **slices}


def _slices_in(item: Item) -> dict[tuple[str, str], SliceTotal]:
    """Those in such an item."""
    by_column = item["slices"]["M"] if "slices" in item else {}
    return {
        (column, value): SliceTotal(*(int(each["N"]) for each in counts["L"]))
        for column, values in by_column.items()
        for value, counts in values["M"].items()
    }


def _partition(model: str, version: str) -> str:
    return f"OUTCOMES#{model}#{version}"


def _sort_key(window: Window, binning: str) -> str:
    return f"{window.start:{_HOUR}}#{binning}#{window.variant}"


def _stored(model: str, item: Item) -> StoredOutcomes:
    hour, _, variant = as_text(item, "sk").split("#")
    version = as_text(item, "pk").removeprefix(f"OUTCOMES#{model}#")
    window = Window(model, version, variant, datetime.strptime(hour, _HOUR).replace(tzinfo=UTC))
    slices = bytes(item["slices"]["B"]) if "slices" in item else b""
    return StoredOutcomes(window, bytes(item["outcomes"]["B"]), as_int(item, "revision"), slices)

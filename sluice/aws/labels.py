"""Labels that have joined their predictions and wait to be counted: written with the join, taken away with the count.

``pk = LABELLED#<model>#<version>``, ``sk = <yyyy-mm-ddThh>#<variant>#<prediction id>#<attempt>#<+ or ->``: a label,
what was answered, the scores or the number alone, and in which slices the row is; ``-`` takes a ``+`` back. An item
each, because DynamoDB refuses transactions that meet in one item, and because whoever joins a label knows no bins to
count it by.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sluice.aws.attribute import Attribute, Item, as_float, as_int, as_text, key, number, text
from sluice.aws.item_store import ItemStore, expiring
from sluice.domain.feedback.row_slices import Slices
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.window import Window

_HOUR = "%Y-%m-%dT%H"
_FLOAT = 4  # bytes
Action = dict[str, dict[str, Any]]


def add_label(labelled: Labelled, *, keep: timedelta) -> Action:
    """The action of a transaction that puts a label down to be counted; it waits no longer than ``keep``."""
    item = {
        **_key(labelled),
        "variant": text(labelled.window.variant),
        "prediction_id": text(labelled.prediction_id),
        "attempt": number(labelled.attempt),
        "label": number(Decimal(str(labelled.label)).normalize()),  # a class as a whole number: 1, not 1.0
        "scores": packed(labelled.scores),
        **with_slices(labelled.slices),
    }
    return {"Put": {"Item": expiring(item, labelled.window.start + keep)}}


def remove_label(labelled: Labelled) -> Action:
    """The action of a transaction that takes a counted label away, once."""
    return {"Delete": {"Key": _key(labelled), "ConditionExpression": "attribute_exists(pk)"}}


def waiting_labels(items: ItemStore, model: str, version: str) -> Iterator[Labelled]:
    """The labels of a version that wait, by hour and variant; one that is taken back comes after it was counted."""
    for item in items.query(_partition(model, version)):
        sk = as_text(item, "sk")
        start = datetime.strptime(sk.partition("#")[0], _HOUR).replace(tzinfo=UTC)
        yield Labelled(
            Window(model, version, as_text(item, "variant"), start),
            as_text(item, "prediction_id"),
            as_int(item, "attempt"),
            as_float(item, "label"),
            unpacked(item["scores"]),
            is_taken_back=sk.endswith("-"),
            slices=slices_in(item),
        )


def packed(scores: tuple[float, ...]) -> Attribute:
    """Scores as an attribute: four bytes each."""
    return {"B": struct.pack(f"<{len(scores)}f", *scores)}


def unpacked(attribute: Attribute) -> tuple[float, ...]:
    """The scores in such an attribute."""
    data = bytes(attribute["B"])
    return struct.unpack(f"<{len(data) // _FLOAT}f", data)


def with_slices(slices: Slices) -> Item:
    """The attribute of the slices of a row: no attribute without any."""
    return {"slices": {"M": {column: text(value) for column, value in slices}}} if slices else {}


def slices_in(item: Item) -> Slices:
    """Those in such an item, by column."""
    found = item["slices"]["M"] if "slices" in item else {}
    return tuple((column, str(found[column]["S"])) for column in sorted(found))


def _partition(model: str, version: str) -> str:
    return f"LABELLED#{model}#{version}"


def _key(labelled: Labelled) -> Item:
    window, sign = labelled.window, "-" if labelled.is_taken_back else "+"
    sk = f"{window.start:{_HOUR}}#{window.variant}#{labelled.prediction_id}#{labelled.attempt}#{sign}"
    return key(_partition(window.model, window.version), sk)

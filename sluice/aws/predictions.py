"""The records of predictions: what was answered, by whom, and what was said about it since.

Keys: ``pk = PREDICTION#<prediction id>`` and

- ``sk = PREDICTION#<attempt>``: an attempt that was answered. One item an attempt, so that batches, which know no
  conditions, can be written in any order and twice;
- ``sk = FEEDBACK#<goal>``: feedback (`sluice.aws.feedback`);
- ``sk = NOTE``: whoever brings an attempt must look at the whole record;
- ``sk = TAKEN_BACK#<attempt>``: the attempt's exposure is not counted;
- ``sk = COMPARED``: which attempt's answer the label is compared with, and in which slices that is counted.

``pk = FILE#<key>``: what a captured file brought has been counted.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sluice.aws.attribute import (
    EXPIRES,
    Attribute,
    Item,
    as_float,
    as_int,
    as_moment,
    as_text,
    key,
    moment,
    number,
    text,
)
from sluice.aws.item_store import MOST_IN_TRANSACTION, ItemStore, expiring, in_groups
from sluice.aws.labels import packed, slices_in, unpacked, with_slices
from sluice.aws.rewards import add_exposures
from sluice.domain.attribution import Attribution
from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.cell import Cell
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.record import Kept, Record, State
from sluice.domain.feedback.rules import RuleBook

WAIT = timedelta(days=3)
"""How long what waits for a prediction stays; after one day it is reported."""

_FILE_STAYS = timedelta(days=15)  # longer than the 14 days that a queue may hold a notification
_PREDICTION, _FEEDBACK, _TAKEN_BACK, _NOTE = "PREDICTION#", "FEEDBACK#", "TAKEN_BACK#", "NOTE"
_COMPARED = "COMPARED"


class Predictions:
    """Writes what captured files bring, and reads whole records. Methods may raise StoreUnavailable."""

    def __init__(self, items: ItemStore, rules: RuleBook) -> None:
        self._items = items
        self._rules = rules

    def count(self, file: str, answered: Iterable[Answered], *, now: datetime) -> None:
        """Count the exposures that a file brings, once for all times it is brought.

        Comes before `add`: no prediction is known, and none gets a reward, that is not counted.
        """
        cells = sorted(Counter(map(Cell.of, answered)).items())
        for part, group in enumerate(in_groups(cells, MOST_IN_TRANSACTION - 1)):
            marker = expiring(key(f"FILE#{file}", f"COUNTED#{part}"), now + _FILE_STAYS)
            first = {"Put": {"Item": marker, "ConditionExpression": "attribute_not_exists(pk)"}}
            keep = self._rules.of(group[0][0].model).keep
            self._items.transact([first, *(add_exposures(cell, count, keep=keep) for cell, count in group)])

    def add(self, answered: Iterable[Answered]) -> None:
        """Write attempts; the same ones may come again."""
        self._items.put_many(map(self._item, answered))

    def note(self, prediction_ids: Iterable[str], *, now: datetime) -> None:
        """Whoever brings an attempt at these from now on must look at the whole record."""
        self._items.put_many(expiring(_key(each, _NOTE), now + WAIT) for each in prediction_ids)

    def noted(self, prediction_ids: Collection[str]) -> frozenset[str]:
        """Those whose whole record must be looked at."""
        found = self._items.get_many(_key(each, _NOTE) for each in prediction_ids)
        return frozenset(prediction_id_of(item) for item in found)

    def get(self, prediction_id: str) -> Record:
        """The whole record; empty when nothing is known."""
        items = list(self._items.query(_PREDICTION + prediction_id))
        kept = [kept_feedback(item) for item in items if as_text(item, "sk").startswith(_FEEDBACK)]
        marker = next((item for item in items if as_text(item, "sk") == _COMPARED), None)
        attempts = tuple(_answered(item) for item in items if as_text(item, "sk").startswith(_PREDICTION))
        return Record(
            attempts=attempts if marker is None else tuple(_as_compared(each, marker) for each in attempts),
            feedback={each.feedback.name: each for each in kept},
            taken_back=frozenset(_attempt(item) for item in items if as_text(item, "sk").startswith(_TAKEN_BACK)),
            compared=None if marker is None else as_int(marker, "attempt"),
        )

    def _item(self, answered: Answered) -> Item:
        by = answered.by
        return {
            **_key(answered.prediction_id, f"{_PREDICTION}{by.attempt}"),
            "model": text(answered.model),
            "variant": text(by.variant),
            "version": text(by.version),
            "unit": text(by.unit),
            "propensity": number(by.propensity),
            "revision": number(by.revision),
            "predicted_at": moment(answered.at),
            **({} if answered.scores is None else {"scores": packed(answered.scores)}),
            **with_slices(answered.slices),
            EXPIRES: moment(answered.at + self._rules.of(answered.model).keep),
        }


def feedback_key(feedback: Feedback) -> Item:
    """Where feedback is."""
    return label_key(feedback.prediction_id, feedback.name)


def label_key(prediction_id: str, name: str) -> Item:
    """Where the feedback of that name about a prediction is."""
    return _key(prediction_id, _FEEDBACK + name)


def note_key(prediction_id: str) -> Item:
    """Where the note is that somebody waits for a prediction."""
    return _key(prediction_id, _NOTE)


def taken_back_key(answered: Answered) -> Item:
    """Where it is marked that an attempt's exposure is not counted."""
    return _key(answered.prediction_id, f"{_TAKEN_BACK}{answered.by.attempt}")


def compared_key(prediction_id: str) -> Item:
    """Where it is marked which attempt's answer a label is compared with."""
    return _key(prediction_id, _COMPARED)


def kept_feedback(item: Item) -> Kept:
    """Feedback as stored."""
    feedback = Feedback(
        prediction_id=prediction_id_of(item),
        name=as_text(item, "sk").removeprefix(_FEEDBACK),
        value=as_float(item, "value"),
        covariate=as_float(item, "covariate") if "covariate" in item else None,
        at=as_moment(item, "at"),
    )
    return Kept(feedback, State(as_text(item, "state")), as_int(item, "attempt") or None)


def prediction_id_of(item: Item) -> str:
    """Whose item it is."""
    return as_text(item, "pk").removeprefix(_PREDICTION)


def _answered(item: Item) -> Answered:
    by = Attribution(
        unit=as_text(item, "unit"),
        variant=as_text(item, "variant"),
        version=as_text(item, "version"),
        propensity=as_float(item, "propensity"),
        revision=as_int(item, "revision"),
        attempt=_attempt(item),
    )
    scores = unpacked(item["scores"]) if "scores" in item else None
    at, slices = as_moment(item, "predicted_at"), slices_in(item)
    return Answered(prediction_id_of(item), as_text(item, "model"), by, at, scores, slices)


def _as_compared(answered: Answered, marker: Item) -> Answered:
    """In the slices in which its label is counted: a reference with others may have come since, and the file again."""
    is_compared = answered.by.attempt == as_int(marker, "attempt")
    return replace(answered, slices=slices_in(marker)) if is_compared else answered


def _attempt(item: Item) -> int:
    return int(as_text(item, "sk").rpartition("#")[2])


def _key(prediction_id: str, sk: str) -> dict[str, Attribute]:
    return key(_PREDICTION + prediction_id, sk)

"""Feedback in the state table: kept once, counted once, for the variant that answered.

``pk = PREDICTION#<prediction id>, sk = FEEDBACK#<goal>`` is the feedback, ``pk = WAITING#<hour>, sk = <prediction id>``
points to what came before its prediction, ``pk = UNIT#<model>#<unit>, sk = <goal>#<window>`` says that a unit's reward
of that window is counted. A transaction counts a reward and marks it counted, or does neither.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from enum import Enum, auto
from typing import Any

from sluice.aws.attribute import EXPIRES, Item, as_text, key, moment, number, text
from sluice.aws.item_store import ItemStore, expiring
from sluice.aws.labels import add_label, with_slices
from sluice.aws.predictions import WAIT, compared_key, feedback_key, kept_feedback, note_key, taken_back_key
from sluice.aws.rewards import Action, add_exposures, add_reward
from sluice.domain.feedback.bucket import window_of
from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.cell import Cell
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.record import Compare, Credit, Decline, Kept, Move, State, Step, TakeBack
from sluice.domain.feedback.rules import RuleBook
from sluice.domain.monitoring.labelled import Labelled

_NEW = "attribute_not_exists(pk)"


class Outcome(Enum):
    """What came of a step."""

    DONE = auto()
    LOST = auto()  # somebody else changed the record first
    UNIT_COUNTED = auto()  # another reward of the unit has been counted


class FeedbackStore:
    """Keeps feedback and takes the steps that join it. Methods may raise StoreUnavailable."""

    def __init__(self, items: ItemStore, rules: RuleBook) -> None:
        self._items = items
        self._rules = rules

    def keep(self, feedback: Feedback, *, now: datetime) -> Kept | None:
        """Store feedback; what is stored for its prediction and goal already, else None."""
        item = {
            **feedback_key(feedback),
            "value": number(feedback.value),
            "at": moment(feedback.at),
            "received_at": moment(now),
            "state": text(State.WAITING),
        }
        if feedback.covariate is not None:
            item["covariate"] = number(feedback.covariate)
        there = self._items.put_new(expiring(item, now + WAIT))
        return None if there is None else kept_feedback(there)

    def expect(self, prediction_id: str, *, now: datetime) -> None:
        """Have whoever brings the prediction look for its feedback, and the hour's report ask where it is."""
        self._items.put_many(
            expiring(each, now + WAIT) for each in (note_key(prediction_id), key(_waiting(now), prediction_id))
        )

    def waiting(self, hour: datetime) -> list[str]:
        """The predictions that feedback of an hour waited for."""
        return [as_text(item, "sk") for item in self._items.query(_waiting(hour))]

    def forget(self, hour: datetime, prediction_ids: Iterable[str]) -> None:
        """Do not ask for them again."""
        self._items.delete_many(key(_waiting(hour), each) for each in prediction_ids)

    def take(self, step: Step) -> Outcome:
        """Take one step, if the record is still as it was seen."""
        match step:
            case Credit():
                return self._credit(step)
            case Decline():
                set_to = {"state": text(State.NOT_COUNTED), "reason": text(step.reason)}
                return self._transact([self._change(step.feedback, step.to, set_to, State.WAITING)])
            case Move():
                return self._transact(self._move(step))
            case TakeBack():
                return self._transact(self._take_back(step.attempt))
            case Compare():
                return self._transact(self._compare(step))

    def _credit(self, step: Credit) -> Outcome:
        keep = self._rules.of(step.to.model).keep
        attempt = {"state": text(State.JOINED), "attempt": number(step.to.by.attempt)}
        marker = self._unit_marker(step)
        return self._transact(
            [
                self._change(step.feedback, step.to, attempt, State.WAITING),
                add_reward(Cell.of(step.to), step.feedback, keep=keep),
                *marker,
            ],
            meaning=lambda failed: Outcome.UNIT_COUNTED if 0 not in failed else Outcome.LOST,
        )

    def _unit_marker(self, step: Credit) -> Collection[Action]:
        """One reward of a unit counts in each window of prediction time, whenever its feedback comes."""
        rules, to = self._rules.of(step.to.model), step.to
        if not rules.unit_window:
            return ()
        window = window_of(to.at, rules.unit_window)
        marker = key(f"UNIT#{to.model}#{to.by.unit}", f"{step.feedback.name}#{window:%Y-%m-%dT%H:%MZ}")
        item = {**marker, "prediction_id": text(to.prediction_id)}
        put = {"Item": expiring(item, window + rules.unit_window + rules.keep), "ConditionExpression": _NEW}
        return ({"Put": put},)

    def _move(self, step: Move) -> list[Action]:
        keep = self._rules.of(step.to.model).keep
        attempt = {"attempt": number(step.to.by.attempt)}
        change = self._change(step.feedback, step.to, attempt, State.JOINED)
        change["Update"]["ConditionExpression"] += " AND #attempt = :source"
        change["Update"]["ExpressionAttributeValues"][":source"] = number(step.source.by.attempt)
        source, to = Cell.of(step.source), Cell.of(step.to)
        if source == to:
            return [change]
        return [
            change,
            add_reward(source, step.feedback, keep=keep, sign=-1),
            add_reward(to, step.feedback, keep=keep),
        ]

    def _take_back(self, attempt: Answered) -> list[Action]:
        keep = self._rules.of(attempt.model).keep
        marker = expiring(taken_back_key(attempt), attempt.at + keep)
        put = {"Put": {"Item": marker, "ConditionExpression": _NEW}}
        return [put, add_exposures(Cell.of(attempt), -1, keep=keep)]

    def _compare(self, step: Compare) -> list[Action]:
        """Mark which attempt the label is compared with, and put down what is to be counted and taken back by that."""
        keep = self._rules.of(step.to.model).keep
        attempt = {"attempt": number(step.to.by.attempt), **with_slices(step.to.slices)}
        marker = {**compared_key(step.to.prediction_id), **attempt}
        seen: dict[str, Any] = {"ConditionExpression": _NEW}
        if step.source is not None:
            before = {":source": number(step.source.by.attempt)}
            seen = {"ConditionExpression": "attempt = :source", "ExpressionAttributeValues": before}
        actions: list[Action] = [{"Put": {"Item": expiring(marker, step.to.at + keep), **seen}}]
        if step.source is not None and step.is_taken_back:
            actions.append(add_label(Labelled.of(step.feedback, step.source, is_taken_back=True), keep=keep))
        if step.is_counted:
            actions.append(add_label(Labelled.of(step.feedback, step.to), keep=keep))
        return actions

    def _change(self, feedback: Feedback, to: Answered, values: Item, seen: State) -> dict[str, dict[str, Any]]:
        """The action that changes feedback seen in a state; it then stays as long as its prediction."""
        changed = {**values, EXPIRES: moment(to.at + self._rules.of(to.model).keep)}
        names = {*changed, "state"}
        return {
            "Update": {
                "Key": feedback_key(feedback),
                "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed),
                "ConditionExpression": "#state = :seen",
                "ExpressionAttributeNames": {f"#{name}": name for name in names},
                "ExpressionAttributeValues": {":seen": text(seen), **{f":{n}": v for n, v in changed.items()}},
            }
        }

    def _transact(
        self,
        actions: Collection[Action],
        meaning: Callable[[frozenset[int]], Outcome] = lambda _: Outcome.LOST,
    ) -> Outcome:
        failed = self._items.transact(list(actions))
        return meaning(failed) if failed else Outcome.DONE


def _waiting(hour: datetime) -> str:
    return f"WAITING#{hour:%Y-%m-%dT%H}"

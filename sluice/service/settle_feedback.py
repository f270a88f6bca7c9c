"""Join what is known of one prediction: look at all of it, do what is to be done, and look again if somebody raced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from sluice.aws.feedback import FeedbackStore, Outcome
from sluice.aws.item_store import ItemStore
from sluice.aws.predictions import Predictions
from sluice.domain.errors import StoreUnavailable
from sluice.domain.feedback.record import UNIT_COUNTED, Compare, Credit, Decline, Record, State, Step, TakeBack, steps
from sluice.domain.feedback.rules import RuleBook

_LOOKS = 8

Joined = Callable[[Credit], None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where predictions and feedback meet.

    Attributes:
        predictions: Their records.
        feedback: What was said about them.
        rules: Which feedback counts.
        joined: Is told of each reward that was counted.

    """

    predictions: Predictions
    feedback: FeedbackStore
    rules: RuleBook
    joined: Joined

    @classmethod
    def of(cls, items: ItemStore, rules: RuleBook, joined: Joined) -> Self:
        """The ledger in a table."""
        return cls(Predictions(items, rules), FeedbackStore(items, rules), rules, joined)


def settle(prediction_id: str, ledger: Ledger) -> Mapping[str, State]:
    """How far the prediction's feedback has come, by goal, once nothing is left to do.

    Safe to repeat and to race with itself: every step is conditional on what was seen. Raises StoreUnavailable.
    """
    for _ in range(_LOOKS):
        record = ledger.predictions.get(prediction_id)
        states = _take_all(record, ledger)
        if states is not None:
            return states
    raise StoreUnavailable("the record of the prediction is being changed by others; ask again")


def _take_all(record: Record, ledger: Ledger) -> Mapping[str, State] | None:
    """The states after all steps; None when one of them was lost."""
    states = {name: kept.state for name, kept in record.feedback.items()}
    for step in steps(record, ledger.rules):
        taken = _take(step, ledger)
        if taken is None:
            return None
        if not isinstance(taken, TakeBack | Compare):
            states[taken.feedback.name] = State.NOT_COUNTED if isinstance(taken, Decline) else State.JOINED
    return states


def _take(step: Step, ledger: Ledger) -> Step | None:
    """The step that was taken, this one or the one in its place; None when the record has changed."""
    outcome = ledger.feedback.take(step)
    if outcome is Outcome.UNIT_COUNTED and isinstance(step, Credit):
        return _take(Decline(step.feedback, step.to, UNIT_COUNTED), ledger)
    if outcome is not Outcome.DONE:
        return None
    if isinstance(step, Credit):
        ledger.joined(step)
    return step

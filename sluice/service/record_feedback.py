"""Take one label or reward for a prediction: refuse it, keep it until its prediction is known, or count it now."""

from datetime import datetime
from enum import StrEnum

from sluice.domain.errors import ConflictingFeedback, InvalidFeedback
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.record import Kept, Record, State
from sluice.service.settle_feedback import Ledger, settle


class Status(StrEnum):
    """What became of feedback that was taken."""

    JOINED = "joined"
    WAITING = "waiting"
    NOT_COUNTED = "not_counted"
    DUPLICATE = "duplicate"


def record_feedback(feedback: Feedback, ledger: Ledger, *, now: datetime) -> Status:
    """Keep feedback once and count it for the variant that answered, now or when that is known.

    Nobody is credited but who answered: feedback for a prediction that was never made waits, and is reported. Safe to
    repeat. Raises InvalidFeedback, ConflictingFeedback when something else is stored for its goal, StoreUnavailable.
    """
    record = ledger.predictions.get(feedback.prediction_id)
    kept = record.feedback.get(feedback.name)
    if kept is None:
        _check(feedback, record, ledger, now)
        kept = ledger.feedback.keep(feedback, now=now)
    if kept is not None and not kept.feedback.says_the_same_as(feedback):
        raise ConflictingFeedback(_conflict(feedback, kept))
    if kept is not None and kept.state is not State.WAITING:
        return Status.DUPLICATE
    if record.answered is None:
        ledger.feedback.expect(feedback.prediction_id, now=now)
    states = settle(feedback.prediction_id, ledger)
    return Status(states[feedback.name]) if kept is None else Status.DUPLICATE


def _check(feedback: Feedback, record: Record, ledger: Ledger, now: datetime) -> None:
    model = record.answered.model if record.answered else None
    wrong = ledger.rules.of(model).violations(feedback, now=now)
    if wrong:
        raise InvalidFeedback(wrong)


def _conflict(feedback: Feedback, kept: Kept) -> str:
    covariates = (feedback.covariate, kept.feedback.covariate)
    what = "value" if feedback.value != kept.feedback.value else "covariate"
    stored, given = (kept.feedback.value, feedback.value) if what == "value" else reversed(covariates)
    return f"{feedback.name} of {feedback.prediction_id} has the {what} {stored} already, not {given}; the first stays"

"""Train a model anew when it may be, once for each event, and know how that ends."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.domain.errors import RetrainingRefused, StaleWrite
from sluice.domain.retraining.book import Book, Refusal
from sluice.domain.retraining.decide import Decision, Refuse, Repeated, Start, decide
from sluice.domain.retraining.describe import describe
from sluice.domain.retraining.heard import hear
from sluice.domain.retraining.name_version import unfit_version
from sluice.domain.retraining.run import NOT_STARTED, Run
from sluice.domain.retraining.trigger import Cause, Trigger
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.service.run_retraining import Services, begin, elsewhere, look, told
from sluice.service.take_up_drift import take_up_drift

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trigger: the run it started or, where it started none, why."""

    started: Run | None
    refused: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"started": self.started.to_dict()} if self.started else {"refused": self.refused}


def answer_event(event: Mapping[str, Any], services: Services, *, now: datetime) -> dict[str, Any]:
    """Do what an event says; what became of its trigger, else how each model looked at stands.

    A person's word that makes no sense is refused, as one that comes at the wrong time is. Raises RetrainingRefused
    for any other, StaleWrite when somebody else was quicker.
    """
    pipelines = {model: policy.pipeline for model, policy in services.policies.items()}
    try:
        heard = hear(event, pipelines, now=now)
    except RetrainingRefused as wrong:
        if Cause.OPERATOR not in event:
            raise
        return Outcome(None, str(wrong)).to_dict()
    if heard.trigger is not None:
        return retrain(heard.trigger, services, now=now).to_dict()
    return {model: describe(_look(model, services, now)) for model in heard.models}


def retrain(trigger: Trigger, services: Services, *, now: datetime) -> Outcome:
    """Start a retraining, or write down why not; a repeated event gets the answer it got.

    Raises StaleWrite when others were quicker again and again.
    """
    for _ in range(_TRIES - 1):
        with suppress(StaleWrite):
            return _retrain(trigger, services, now)
    return _retrain(trigger, services, now)


def _look(model: str, services: Services, now: datetime) -> Book:
    return take_up_drift(look(model, services, now=now), services, now=now)


def _retrain(trigger: Trigger, services: Services, now: datetime) -> Outcome:
    book = look(trigger.model, services, now=now)
    decision = _decide(trigger, book, services, now)
    if isinstance(decision, Repeated):
        return _answered(decision.became)
    if isinstance(decision, Refuse):
        return _refuse(book, trigger, decision.reason, services, now=now)
    return _answered(begin(book, trigger, services, now=now))


def _decide(trigger: Trigger, book: Book, services: Services, now: datetime) -> Decision:
    policy = services.policies[trigger.model]
    decision = decide(trigger, book, policy.limits, now=now, elsewhere=elsewhere(book, services))
    unfit = unfit_version(trigger, book) if policy.names_versions and isinstance(decision, Start) else None
    return decision if unfit is None else Refuse(unfit)


def _refuse(book: Book, trigger: Trigger, reason: str, services: Services, *, now: datetime) -> Outcome:
    """Write it down; a drift waits, since nobody tells of it again."""
    refusal = Refusal.of(trigger, reason, now=now)
    refused = book.with_refusal(refusal)
    entry = Entry(EntryKind.REFUSED, trigger.by, reason, now, told(trigger))
    services.retrainings.put(refused.with_drift(trigger) if trigger.cause is Cause.DRIFT else refused, entry)
    return _answered(refusal)


def _answered(became: Run | Refusal) -> Outcome:
    if isinstance(became, Refusal):
        return Outcome(None, became.refused)
    is_started = became.status != NOT_STARTED
    return Outcome(became) if is_started else Outcome(None, f"it could not be started: {became.failure}")

"""Train a model anew when it may be, once for each event, and know how that ends.

What is to be started is written down first, started with a token that follows from its event, then written down with
its execution: whoever looks next finishes what a crash left undone, and starts nothing twice.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sluice.aws.pipelines import Pipelines
from sluice.aws.retrainings import Retrainings
from sluice.domain.errors import ChangeRefused, RetrainingRefused, StaleWrite
from sluice.domain.package_metadata import as_metadata
from sluice.domain.retraining.book import Book, Refusal
from sluice.domain.retraining.decide import Limits, Refuse, Repeated, decide
from sluice.domain.retraining.describe import describe, describe_run
from sluice.domain.retraining.heard import hear
from sluice.domain.retraining.run import LOST, NOT_STARTED, SUCCEEDED, Observed, Run
from sluice.domain.retraining.trigger import Cause, Trigger
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.training.pipeline import REASON, pipeline_name

ACTOR = "retrain"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Services:
    """What retraining takes.

    Attributes:
        deployment: Its name.
        limits: How often each model may be trained anew.
        retrainings: Records and audit.
        pipelines: SageMaker's.
        new_id: Makes an id of a retraining that sorts by time.

    """

    deployment: str
    limits: Mapping[str, Limits]
    retrainings: Retrainings
    pipelines: Pipelines
    new_id: Callable[[datetime], str]


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
    try:
        heard = hear(event, deployment=services.deployment, models=list(services.limits), now=now)
    except RetrainingRefused as wrong:
        if Cause.OPERATOR not in event:
            raise
        return Outcome(None, str(wrong)).to_dict()
    if heard.trigger is not None:
        return retrain(heard.trigger, services, now=now).to_dict()
    return {model: describe(look(model, services, now=now)) for model in heard.models}


def retrain(trigger: Trigger, services: Services, *, now: datetime) -> Outcome:
    """Start a retraining, or write down why not; a repeated event gets the answer it got.

    Raises StaleWrite when others were quicker again and again.
    """
    for _ in range(_TRIES - 1):
        with suppress(StaleWrite):
            return _retrain(trigger, services, now)
    return _retrain(trigger, services, now)


def look(model: str, services: Services, *, now: datetime) -> Book:
    """See how that which is in flight is, and finish what was left undone. Raises StaleWrite."""
    book = services.retrainings.of(model)
    run = book.in_flight
    if run is None:
        return book
    if run.execution is None:
        _start(book, run, services, now)
        return services.retrainings.of(model)
    gone = Observed(LOST, f"the execution {run.execution} does not exist any more")
    seen = run.seen(services.pipelines.observe(run.execution) or gone, now=now)
    return book if seen is run else _write(book, seen, services, now)


def _retrain(trigger: Trigger, services: Services, now: datetime) -> Outcome:
    book = look(trigger.model, services, now=now)
    elsewhere = _elsewhere(book, services)
    decision = decide(trigger, book, services.limits[trigger.model], now=now, elsewhere=elsewhere)
    if isinstance(decision, Repeated):
        return _answered(decision.became)
    if isinstance(decision, Refuse):
        refusal = Refusal.of(trigger, decision.reason, now=now)
        entry = Entry(EntryKind.REFUSED, trigger.by, decision.reason, now, _told(trigger))
        services.retrainings.put(book.with_refusal(refusal), entry)
        return _answered(refusal)
    run = Run.of(trigger, services.new_id(now))
    entry = Entry(EntryKind.REQUESTED, trigger.by, trigger.reason, now, {"id": run.id, **_told(trigger)})
    return _answered(_start(services.retrainings.put(book.with_run(run), entry), run, services, now))


def _answered(became: Run | Refusal) -> Outcome:
    if isinstance(became, Refusal):
        return Outcome(None, became.refused)
    is_started = became.status != NOT_STARTED
    return Outcome(became) if is_started else Outcome(None, f"it could not be started: {became.failure}")


def _start(book: Book, run: Run, services: Services, now: datetime) -> Run:
    """Start what was written down, and write down what was started."""
    pipeline = pipeline_name(services.deployment, book.model)
    token = hashlib.sha256(f"{pipeline} {run.key}".encode()).hexdigest()
    parameters = {**run.parameters, REASON: as_metadata(run.parameters[REASON])}  # it is kept with the version
    try:
        arn = services.pipelines.start(pipeline, name=run.id, token=token, parameters=parameters)
    except ChangeRefused as refused:
        ended = run.seen(Observed(NOT_STARTED, str(refused)), now=now)
        _write(book, ended, services, now)
        return ended
    started = replace(run, execution=arn, status="Executing")
    entry = Entry(EntryKind.STARTED, ACTOR, run.reason, now, {"id": run.id, "execution": arn})
    services.retrainings.put(book.with_run(started), entry)
    return started


def _write(book: Book, run: Run, services: Services, now: datetime) -> Book:
    if not run.is_over:
        return services.retrainings.put(book.with_run(run))
    kind = EntryKind.FINISHED if run.status == SUCCEEDED else EntryKind.FAILED
    details = {"id": run.id, "execution": run.execution, "status": run.status}
    return services.retrainings.put(book.with_run(run), Entry(kind, ACTOR, describe_run(run), now, details))


def _elsewhere(book: Book, services: Services) -> list[str]:
    """Executions under way that somebody started by hand."""
    known = {run.execution for run in book.runs}
    return [
        arn for arn in services.pipelines.under_way(pipeline_name(services.deployment, book.model)) if arn not in known
    ]


def _told(trigger: Trigger) -> dict[str, Any]:
    return {
        "cause": trigger.cause.value,
        "key": trigger.key,
        "forced": trigger.force,
        "reason": trigger.reason,
        "parameters": dict(trigger.parameters),
    }

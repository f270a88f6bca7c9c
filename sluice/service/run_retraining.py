"""Start what was decided, once, and know how it goes on.

What is to be started is written down first, started with a token that follows from its event, then written down with
its execution: whoever looks next finishes what a crash left undone, and starts nothing twice.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sluice.aws.pipelines import Pipelines
from sluice.aws.retrainings import Retrainings
from sluice.aws.state import RoutingStore
from sluice.aws.watches import Watches
from sluice.domain.errors import ChangeRefused
from sluice.domain.package_metadata import as_metadata
from sluice.domain.retraining.book import Book
from sluice.domain.retraining.describe import describe_run
from sluice.domain.retraining.name_version import version_for
from sluice.domain.retraining.policy import Policy
from sluice.domain.retraining.run import LOST, NOT_STARTED, SUCCEEDED, Observed, Run
from sluice.domain.retraining.trigger import Trigger
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.training.pipeline import REASON
from sluice.service.retraining_log import record_ended

ACTOR = "retrain"


@dataclass(frozen=True, slots=True)
class Services:
    """What retraining takes.

    Attributes:
        policies: How each model may be trained anew.
        retrainings: Records and audit.
        pipelines: SageMaker's.
        routings: Which version is the champion.
        watches: What is known of each version's drift.
        new_id: Makes an id of a retraining that sorts by time.

    """

    policies: Mapping[str, Policy]
    retrainings: Retrainings
    pipelines: Pipelines
    routings: RoutingStore
    watches: Watches
    new_id: Callable[[datetime], str]


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


def begin(book: Book, trigger: Trigger, services: Services, *, now: datetime) -> Run:
    """Write down the retraining that a trigger starts, under which name its version goes, and start it.

    Raises StaleWrite when somebody else was quicker.
    """
    version = version_for(trigger, book) if services.policies[book.model].names_versions else ""
    run = Run.of(trigger, services.new_id(now), version)
    entry = Entry(EntryKind.REQUESTED, trigger.by, trigger.reason, now, {"id": run.id, **told(trigger)})
    return _start(services.retrainings.put(book.with_run(run), entry), run, services, now)


def elsewhere(book: Book, services: Services) -> list[str]:
    """Executions under way that somebody started by hand."""
    known = {run.execution for run in book.runs}
    pipeline = services.policies[book.model].pipeline
    return [arn for arn in services.pipelines.under_way(pipeline) if arn not in known]


def told(trigger: Trigger) -> dict[str, Any]:
    """What the audit keeps of a trigger."""
    return {
        "cause": trigger.cause.value,
        "key": trigger.key,
        "forced": trigger.force,
        "reason": trigger.reason,
        "parameters": dict(trigger.parameters),
    }


def _start(book: Book, run: Run, services: Services, now: datetime) -> Run:
    """Start what was written down, and write down what was started."""
    pipeline = services.policies[book.model].pipeline
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
    """Write down how it goes on; an end is measured first, and may be twice: the metric says 1 or 0."""
    if not run.is_over:
        return services.retrainings.put(book.with_run(run))
    record_ended(book.model, run)
    kind = EntryKind.FINISHED if run.status == SUCCEEDED else EntryKind.FAILED
    details = {"id": run.id, "execution": run.execution, "status": run.status, "version": run.version}
    return services.retrainings.put(book.with_run(run), Entry(kind, ACTOR, describe_run(run), now, details))

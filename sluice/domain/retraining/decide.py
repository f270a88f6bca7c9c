"""May a retraining start now? Decided from what is known alone; a refusal says its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.domain.retraining.book import Book, Refusal
from sluice.domain.retraining.policy import Limits
from sluice.domain.retraining.run import Run
from sluice.domain.retraining.trigger import Cause, Trigger

MONTH = timedelta(days=30)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Start:
    """Begin one."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Begin none, because of this."""

    reason: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """Begin none and write nothing down: the same event has become this before."""

    became: Run | Refusal


Decision = Start | Refuse | Repeated


def decide(trigger: Trigger, book: Book, limits: Limits, *, now: datetime, elsewhere: Sequence[str] = ()) -> Decision:
    """Whether the trigger starts a retraining. ``elsewhere``: executions under way that the book does not know."""
    told = book.answered(trigger.key)
    if told is not None:
        return Repeated(told)
    refused = obstacle(trigger, book, limits, now=now, elsewhere=elsewhere) or _early(trigger, limits, now)
    return Start() if refused is None else Refuse(refused)


def obstacle(
    trigger: Trigger, book: Book, limits: Limits, *, now: datetime, elsewhere: Sequence[str] = ()
) -> str | None:
    """Why none may be started as things are; None where one may."""
    refused = _busy(book, elsewhere, now)
    if refused is None and not trigger.force:
        refused = _cooling(trigger, book, limits) or _spent(book, limits, now)
    return refused


def _early(trigger: Trigger, limits: Limits, now: datetime) -> str | None:
    """What drifts is learnt from when its labels have come."""
    begins = trigger.at + limits.drift_wait
    if trigger.cause is not Cause.DRIFT or now >= begins:
        return None
    return (
        f"labels of what drifts come first; drift_wait_hours is {limits.drift_wait / _HOUR:g}: "
        f"not before {begins:%Y-%m-%d %H:%M} UTC"
    )


def _busy(book: Book, elsewhere: Sequence[str], now: datetime) -> str | None:
    """One at most is in flight, whoever asks."""
    run = book.in_flight
    if run is not None:
        since = (now - run.requested_at) / _HOUR
        return f"retraining {run.id} is in flight ({run.status}, for {since:.1f} hours), and one at most may be"
    if elsewhere:
        return f"{elsewhere[0]} is in flight, which was not started by Sluice, and one at most may be"
    return None


def _cooling(trigger: Trigger, book: Book, limits: Limits) -> str | None:
    last = max((run.requested_at for run in book.runs if run.has_run), default=None)
    if last is None or trigger.at - last >= limits.cooldown:
        return None
    return (
        f"the last retraining was called for at {last:%Y-%m-%d %H:%M} UTC, {(trigger.at - last) / _HOUR:.1f} hours "
        f"before; cooldown_hours is {limits.cooldown / _HOUR:g}: not before {last + limits.cooldown:%Y-%m-%d %H:%M} UTC"
    )


def _spent(book: Book, limits: Limits, now: datetime) -> str | None:
    lately = sorted(run.requested_at for run in book.runs if run.has_run and now - run.requested_at < MONTH)
    if len(lately) < limits.most_per_30_days:
        return None
    free = lately[len(lately) - limits.most_per_30_days] + MONTH
    return (
        f"{len(lately)} retrainings were started in the last 30 days, most_per_30_days is "
        f"{limits.most_per_30_days}: not before {free:%Y-%m-%d %H:%M} UTC"
    )

"""What does a look do about an experiment? It brings its traffic about, follows the rewards, or stops for a person.

The questions are asked in the order of the story; the first that has an answer makes the one step of the look. What is
to be recorded is recorded first; a change of the traffic can be asked for twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sluice.domain.experiment.batch import Batch, next_shares
from sluice.domain.experiment.experiment import Phase
from sluice.domain.experiment.hands import change_by_hand
from sluice.domain.experiment.run import Run, Stop
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.wanted import is_same_traffic, production
from sluice.domain.rollout.wording import split
from sluice.domain.routing import Routing
from sluice.domain.variant import CHAMPION

CONTROLLER = "controller"


@dataclass(frozen=True, slots=True)
class Step:
    """What one look does.

    Attributes:
        run: The record afterwards; the very same object when nothing is to be recorded.
        entry: The audit's line.
        table: The routing table to write, if it is not as wanted.
        weights: To ask of the endpoint, whole percents by slot, if they are not as wanted.

    """

    run: Run
    entry: Entry | None = None
    table: Routing | None = None
    weights: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One look at one experiment."""

    run: Run
    observed: Observed
    batch: Batch | None
    now: datetime

    @property
    def wanted(self) -> dict[str, int]:
        """The traffic wanted of the whole routing table."""
        return {slot: self.run.weights.get(slot, 0) for slot in self.observed.routing.versions}


def steer(run: Run, observed: Observed, batch: Batch | None, *, now: datetime) -> Step:
    """The one step of a look; ``batch`` is what there is for a bandit's next weights. Knows no clock."""
    case = Case(run, observed, batch, now)
    return next((step for question in _STORY if (step := question(case))), Step(run))


def _over(case: Case) -> Step | None:
    return Step(case.run) if case.run.is_over else None


def _taken_over(case: Case) -> Step | None:
    """Somebody else has the traffic, or changed what is compared: it stops, and touches nothing."""
    run = case.run
    change = change_by_hand(run, case.observed)
    if change is None:
        return None
    if run.stop is not None:
        return _finished(case, f"{run.stop.reason or 'stopped'}; the traffic stays: {change}", actor=run.stop.actor)
    if run.experiment.phase is Phase.PENDING:
        return _finished(case, f"it never began: {change}")
    if run.experiment.phase is Phase.HELD:
        return Step(run)
    return _told(case, run.entering(Phase.HELD, now=case.now), EntryKind.HELD, f"{change}. People decide now")


def _stopped(case: Case) -> Step | None:
    """Obey who ends it: first the traffic goes where they want it."""
    run, stop = case.run, case.run.stop
    if stop is None:
        return None
    because = stop.reason or "stopped"
    if stop.weights is None:
        return _finished(case, f"{because}; the traffic stays: {split(run.weights)}", actor=stop.actor)
    is_still_on = run.settled_at is not None and case.observed.routing.interleaving is not None
    if run.weights != stop.weights or is_still_on:
        return _turned(case, run, stop.weights, EntryKind.SHIFTED, reason=because, actor=stop.actor)
    if run.settled_at is None or _lacking(case):
        return None
    return _finished(case, f"{because}; the traffic: {split(run.weights)}", actor=stop.actor)


def _alarmed(case: Case) -> Step | None:
    """The alarm of a treatment's slot rings: all traffic goes back to the champion."""
    run = case.run
    asked = {slot for slot in run.experiment.treatments if run.weights.get(slot, 0) or run.interleaving}
    ringing = [alarm for alarm in case.observed.alarms if alarm.slot in asked]
    if not ringing or run.stop is not None:
        return None
    alarm, back = ringing[0], {CHAMPION: 100, **dict.fromkeys(run.experiment.treatments, 0)}
    reason = f"alarm {alarm.name} rings: {alarm.reason}"
    ended = replace(run, stop=Stop(alarm.name, reason, back))
    return _turned(case, ended, back, EntryKind.ABORTED, reason=reason, actor=alarm.name)


def _converging(case: Case) -> Step | None:
    """Table or endpoint are not as wanted yet."""
    return _lacking(case) or _noted(case)


def _lacking(case: Case) -> Step | None:
    run, observed = case.run, case.observed
    routing, salt = observed.routing, run.experiment.salt
    table = None
    is_there = is_same_traffic(routing.weights, run.weights) and routing.interleaving == run.interleaving
    if not is_there or routing.salt != salt:
        table = _signed(case, weights=case.wanted, salt=salt, interleaving=run.interleaving)
    asked = {slot: run.weights.get(slot, 0) for slot in production(observed.weights)}
    is_asked = is_same_traffic(production(observed.weights), asked)
    if table or not is_asked:
        return Step(run, table=table, weights=None if is_asked else asked)
    return None if observed.is_routing_by_weights else Step(run)


def _signed(case: Case, **changes: Any) -> Routing:
    """The next routing table, in the experiment's name."""
    routing = case.observed.routing
    return replace(routing, **changes, revision=routing.revision + 1, author=case.run.author)


def _noted(case: Case) -> Step | None:
    """The weights are in effect: since when, and by which table."""
    run, revision = case.run, case.observed.routing.revision
    if run.settled_at is not None and run.table_revision == revision:
        return None
    settled = replace(run, settled_at=run.settled_at or case.now, table_revision=revision)
    if run.experiment.phase is Phase.PENDING and run.stop is None:
        begun = settled.entering(Phase.RUNNING, now=case.now)
        drafted = f"; lists are drafted from {' and '.join(run.experiment.variants)}" if run.interleaving else ""
        return _told(case, begun, EntryKind.STARTED, f"the traffic is {split(run.weights)}{drafted}")
    if run.table_revision != revision:
        author = case.observed.routing.author or "somebody"
        says = f"the routing table was written anew by {author}; the traffic is {split(run.weights)} as before"
        return _told(case, settled, EntryKind.SHIFTED, says)
    return Step(settled)


def _late(case: Case) -> Step | None:
    """Its time has passed."""
    run = case.run
    end = run.experiment.ends_at()
    if run.experiment.phase is not Phase.RUNNING or run.stop is not None or end is None or case.now < end:
        return None
    says = f"{run.experiment.horizon_days:g} days have passed; the traffic stays. People decide now"
    return _told(case, run.entering(Phase.HELD, now=case.now), EntryKind.HELD, says)


def _batched(case: Case) -> Step | None:
    """A bandit's next weights, when rewards have come."""
    run, batch = case.run, case.batch
    if batch is None or not any(belief.n for belief in batch.rewards.values()):
        return None
    decided = next_shares(run, batch, now=case.now)
    return _turned(
        case, decided.run, decided.shares.weights, EntryKind.SHIFTED, reason=decided.reason, details=decided.details
    )


_STORY: tuple[Callable[[Case], Step | None], ...] = (
    _over,
    _taken_over,
    _stopped,
    _alarmed,
    _converging,
    _late,
    _batched,
)


def _turned(
    case: Case,
    run: Run,
    weights: Mapping[str, int],
    kind: EntryKind,
    *,
    reason: str,
    actor: str = CONTROLLER,
    details: Mapping[str, Any] | None = None,
) -> Step:
    """Other weights from now on, and what brings them about."""
    is_new = not is_same_traffic(weights, run.weights) or case.observed.routing.interleaving != run.interleaving
    revision = case.observed.routing.revision + int(is_new)
    turned = replace(run, weights=dict(weights), table_revision=revision)
    if is_new:
        turned = replace(turned, before=run.weights, settled_at=None)
    step = _told(case, turned, kind, f"{reason}: {split(weights)}", actor=actor, details=details)
    needed = _lacking(replace(case, run=step.run))
    return step if needed is None else replace(needed, entry=step.entry)


def _finished(case: Case, reason: str, *, actor: str = CONTROLLER) -> Step:
    """It is over, unless lists are still drafted: then that ends first, whoever has the traffic."""
    if case.observed.routing.interleaving is not None:
        return Step(case.run, table=_signed(case, interleaving=None))
    return _told(case, case.run.entering(Phase.STOPPED, now=case.now), EntryKind.FINISHED, reason, actor=actor)


def _told(
    case: Case,
    run: Run,
    kind: EntryKind,
    reason: str,
    *,
    actor: str = CONTROLLER,
    details: Mapping[str, Any] | None = None,
) -> Step:
    known: dict[str, Any] = {"weights": dict(run.weights), "revision": run.table_revision, **(details or {})}
    if run.interleaving is not None:
        known["interleaving"] = run.interleaving.treatment
    return Step(replace(run, reason=reason, decided_by=actor), Entry(kind, actor, reason, case.now, known))

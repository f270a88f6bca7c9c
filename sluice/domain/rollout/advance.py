"""What happens next to a rollout? The whole story, in the order in which it is told.

A look asks these questions one after the other; the first that has an answer makes the one decision of the look. All
of them read, none acts: ``sluice.service.reconcile`` records the decision and then carries out its effect. Whatever
happens to either of the two, the next look starts from the record and the world as they are then.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sluice.domain.rollout.abort import against_the_candidate, against_the_champion, retired, returned, returning
from sluice.domain.rollout.begin import begin
from sluice.domain.rollout.case import Case
from sluice.domain.rollout.converge import converge, refill
from sluice.domain.rollout.deciding import wait, wait_once
from sluice.domain.rollout.decision import Decision
from sluice.domain.rollout.enter import enter
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.hands import taken_over
from sluice.domain.rollout.judge_stage import judge_stage
from sluice.domain.rollout.obey import obey
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.promote import bake, done, watch_over
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout


def advance(rollout: Rollout, observed: Observed, findings: RolloutFindings, *, now: datetime) -> Decision:
    """The one decision of a look. Reads nothing, writes nothing, knows no clock."""
    case = Case(rollout, observed, findings, now)
    return next(decision for question in _STORY if (decision := question(case)))


def over(case: Case) -> Decision | None:
    """It succeeded or was aborted: nothing more will happen."""
    return wait(case, None) if case.rollout.phase.is_over else None


def paused(case: Case) -> Decision | None:
    """It is held for a person; everything that automation may do all the same has been asked before."""
    rollout = case.rollout
    if rollout.phase is not Phase.PAUSED:
        return None
    return wait(case, None if rollout.hold is Hold.HANDS else case.soon)


def next_step(case: Case) -> Decision:
    """The world is as this position wants it: what follows?"""
    return _NEXT[case.rollout.position](case)


def cleared(case: Case) -> Decision:
    """Nobody is sent to the challenger's slot any more: fill it."""
    return enter(case, case.rollout.stage, "all traffic goes to the champion")


def installed(case: Case) -> Decision:
    """The candidate is in its slot: begin the stage, unless the slot's alarm still rings for what was there before."""
    slot = case.rollout.current.slot
    ringing = [alarm.name for alarm in case.observed.alarms if alarm.slot == slot]
    if ringing:
        return wait_once(
            case, f"alarm {ringing[0]} still rings for what was in the {slot} slot: waits until it is quiet"
        )
    return enter(case, case.rollout.stage, f"version {case.rollout.candidate.version} is in service")


def restored(case: Case) -> Decision:
    """The previous version is the champion again, with all of the traffic: take down what is left beside it."""
    version = case.rollout.previous.version
    return retired(case, version, f"version {version} is in the champion's slot again")


_STORY: tuple[Callable[[Case], Decision | None], ...] = (
    over,
    obey,
    begin,
    taken_over,
    against_the_candidate,
    against_the_champion,
    paused,
    returning,
    refill,
    converge,
    next_step,
)

_NEXT: Mapping[Position, Callable[[Case], Decision]] = {
    Position.CLEARING: cleared,
    Position.INSTALLING: installed,
    Position.STAGE: judge_stage,
    Position.SWAPPING: bake,
    Position.BAKING: watch_over,
    Position.RETURNING: returned,
    Position.RESTORING: restored,
    Position.RETIRING: done,
}

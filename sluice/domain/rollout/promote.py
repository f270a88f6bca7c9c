"""How does a candidate become the champion? It trades slots with the previous version, which stays warm for a while."""

from datetime import datetime, timedelta

from sluice.domain.rollout.abort import retired
from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import CONTROLLER, decided, finished, held, turned, wait, wait_once
from sluice.domain.rollout.decision import Decision, EntryKind
from sluice.domain.rollout.lacks import METRICS
from sluice.domain.rollout.rollout import Hold, Phase, Position
from sluice.domain.rollout.settle import settled
from sluice.domain.rollout.stage import EVERYBODY
from sluice.domain.rollout.wording import clock, minutes_in_words, split
from sluice.domain.variant import CHALLENGER, CHAMPION


def swap(case: Case, reason: str, *, actor: str = CONTROLLER) -> Decision:
    """The candidate into the champion's slot, the previous version into the challenger's.

    In place there is no second slot: SageMaker's guardrails carry the change out, and take it back on an alarm.
    """
    rollout, holdback = case.rollout, case.rollout.plan.bake.holdback_percent
    slots = {CHAMPION: rollout.candidate.version}
    weights = {CHAMPION: EVERYBODY}
    if not rollout.plan.is_in_place:
        slots[CHALLENGER] = rollout.previous.version
        weights = {CHAMPION: EVERYBODY - holdback, CHALLENGER: holdback}
    promoted = turned(
        case,
        Position.SWAPPING,
        stage=len(rollout.plan.stages) - 1,
        slots=slots,
        weights=weights,
        promoted_at=rollout.promoted_at or case.now,
    )
    says = f"{reason}; version {rollout.candidate.version} is promoted to the champion's slot"
    return decided(case, promoted, EntryKind.PROMOTED, says, actor=actor)


def bake(case: Case) -> Decision:
    """The versions have traded places and the table says so: watch the new champion beside the version held back."""
    rollout = case.rollout
    baking = turned(case, Position.BAKING)
    says = (
        f"version {rollout.candidate.version} is the champion: {split(rollout.weights)}; version "
        f"{rollout.previous.version} is kept for {minutes_in_words(rollout.plan.bake.minutes)}"
    )
    return decided(case, baking, EntryKind.SHIFTED, says)


def watch_over(case: Case) -> Decision:
    """Nothing speaks against the new champion so far: wait for the end of the bake."""
    rollout = case.rollout
    if rollout.settled_at is None:
        return settled(case)
    end = rollout.settled_at + timedelta(minutes=rollout.plan.bake.minutes)
    if case.now < end:
        return wait(case, min(end, case.soon))
    if not case.findings.is_current:
        return _unwatched(case, end)
    minutes = minutes_in_words(rollout.plan.bake.minutes)
    says = f"version {rollout.candidate.version} baked until {clock(end)}, {minutes}, without an alarm"
    return retired(case, rollout.candidate.version, says)


def _unwatched(case: Case, end: datetime) -> Decision:
    """The bake is over, but nobody knows how it ended: the previous version stays until somebody does."""
    says = f"the bake was over at {clock(end)}; the previous version is kept for {METRICS}"
    if case.now >= end + timedelta(minutes=case.rollout.plan.horizon_minutes):
        return held(case, Hold.UNDECIDED, f"{says}. Promote ends the bake all the same", opens_incident=True)
    return wait_once(case, says)


def done(case: Case) -> Decision:
    """All is as it should stay."""
    rollout = case.rollout
    version = rollout.slots[CHAMPION]
    if rollout.is_aborting:
        return finished(case, Phase.ABORTED, f"version {version} is the champion as before, with all of the traffic")
    return finished(case, Phase.SUCCEEDED, f"version {version} is the champion, with all of the traffic")

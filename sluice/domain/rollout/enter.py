"""How does a stage begin? With the candidate in the slot it needs, cleared of traffic before it is filled anew."""

from dataclasses import replace

from sluice.domain.endpoint_config import SHADOW
from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import CONTROLLER, decided, turned
from sluice.domain.rollout.decision import Decision, EntryKind
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.promote import swap
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.stage import EVERYBODY, Kind, Stage
from sluice.domain.rollout.wording import split, stage_in_words
from sluice.domain.variant import CHALLENGER, CHAMPION


def go_on(case: Case, reason: str, *, actor: str = CONTROLLER) -> Decision:
    """To the next stage, or to promotion after the last."""
    following = case.rollout.stage + 1
    if following == len(case.rollout.plan.stages):
        return swap(case, reason, actor=actor)
    return enter(case, following, reason, actor=actor)


def enter(case: Case, index: int, reason: str, *, actor: str = CONTROLLER) -> Decision:
    """Begin a stage, or whatever has to be done before it can begin."""
    stage = case.rollout.plan.stages[index]
    if stage.kind is Kind.IN_PLACE:
        is_compared = case.observed.routing.interleaving is not None  # within each list, which has to end before
        return _clear(case, index, reason, actor=actor) if is_compared else swap(case, reason, actor=actor)
    if stage.slot and not _is_installed(case, stage.slot):
        return install(case, index, reason, actor=actor)
    weights = _weights(stage, case.rollout)
    begun = turned(case, Position.STAGE, stage=index, weights=weights)
    return decided(
        case, begun, EntryKind.SHIFTED, f"{reason}; on to {stage_in_words(stage)}: {split(weights)}", actor=actor
    )


def install(case: Case, index: int, reason: str, *, actor: str = CONTROLLER) -> Decision:
    """Put the candidate into the slot of a stage; a slot is filled when nobody is sent there."""
    rollout, slot = case.rollout, case.rollout.plan.stages[index].slot or CHALLENGER
    if not case.is_clear:
        return _clear(case, index, reason, actor=actor)
    slots = {CHAMPION: rollout.previous.version, slot: rollout.candidate.version}
    weights, evidence = {CHAMPION: EVERYBODY}, _evidence(rollout, slot)
    installing = turned(case, Position.INSTALLING, stage=index, slots=slots, weights=weights, evidence=evidence)
    says = f"{reason}; version {rollout.candidate.version} is put into the slot {slot}, without traffic"
    return decided(case, installing, EntryKind.INSTALLED, says, actor=actor)


def _clear(case: Case, index: int, reason: str, *, actor: str) -> Decision:
    """The champion answers everybody, alone, before anything else is done for a stage."""
    rollout = case.rollout
    slot = rollout.plan.stages[index].slot or CHALLENGER
    clearing = turned(
        case,
        Position.CLEARING,
        stage=index,
        slots={CHAMPION: rollout.previous.version},
        weights={CHAMPION: EVERYBODY},
        evidence=_evidence(rollout, slot),
    )
    return decided(case, clearing, EntryKind.SHIFTED, f"{reason}; first all traffic goes to the champion", actor=actor)


def _is_installed(case: Case, slot: str) -> bool:
    """Whether the candidate is in a slot because the rollout put it there, beside the champion."""
    rollout = case.rollout
    is_wanted = rollout.slots.get(slot) == rollout.candidate.version
    return is_wanted and case.has(slot, rollout.candidate.artifact) and case.haven == CHAMPION


def _weights(stage: Stage, rollout: Rollout) -> dict[str, int]:
    """Shares of a stage; an approval leaves them as they are."""
    if stage.kind is Kind.APPROVAL:
        return dict(rollout.weights)
    if stage.slot != CHALLENGER:
        return {CHAMPION: EVERYBODY}
    return {CHAMPION: EVERYBODY - stage.percent, CHALLENGER: stage.percent}


def _evidence(rollout: Rollout, slot: str) -> EvidenceSoFar:
    """What counts on: a shadow's counts have been judged; callers never saw its answers, so they are not mixed."""
    is_after_shadow = SHADOW in rollout.slots and slot != SHADOW
    return replace(rollout.evidence, epochs=()) if is_after_shadow else rollout.evidence

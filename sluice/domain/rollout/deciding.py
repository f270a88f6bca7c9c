"""How is a decision put together? The record it leaves, the first thing it takes, and the audit's line about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sluice.domain.rollout.case import Case
from sluice.domain.rollout.decision import Decision, Effect, Entry, EntryKind, Nothing, Serve
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout
from sluice.domain.rollout.trouble import asked
from sluice.domain.rollout.wanted import lacking

CONTROLLER = "controller"


def wait(case: Case, until: datetime | None) -> Decision:
    """Leave the world and the record as they are."""
    return Decision(case.rollout, Nothing(), None, until)


def wait_once(case: Case, reason: str) -> Decision:
    """Wait, and have the reason on record: once, as long as it stays the same."""
    if case.rollout.reason == reason:
        return wait(case, case.soon)
    return noted(case, case.rollout, EntryKind.WAITED, reason)


def turned(case: Case, position: Position, **changes: Any) -> Rollout:
    """The record with another wish: not seen fulfilled yet, and starting from what is seen now."""
    return replace(
        case.rollout,
        phase=Phase.PROGRESSING,
        hold=None,
        held_because=None,
        position=position,
        before=case.rollout.weights,
        seen=case.seen,
        is_settled=False,
        settled_at=None,
        since=case.now,
        command=None,
        trouble=None,
        stuck=None,
        **changes,
    )


def decided(
    case: Case,
    rollout: Rollout,
    kind: EntryKind,
    reason: str,
    *,
    actor: str = CONTROLLER,
    opens_incident: bool = False,
) -> Decision:
    """Record a wish and do the first thing it takes."""
    recorded, effect = _with_effect(replace(rollout, reason=reason, decided_by=actor), case)
    entry = Entry(kind, actor, reason, case.now, _details(case, recorded))
    return Decision(recorded, effect, entry, case.soon, opens_incident)


def noted(case: Case, rollout: Rollout, kind: EntryKind, reason: str, *, actor: str = CONTROLLER) -> Decision:
    """Record something without doing anything."""
    recorded = replace(rollout, reason=reason, decided_by=actor)
    until = recorded.trouble.again_at if recorded.trouble else case.soon
    return Decision(recorded, Nothing(), Entry(kind, actor, reason, case.now, _details(case, recorded)), until)


def held(case: Case, hold: Hold, reason: str, *, actor: str = CONTROLLER, opens_incident: bool = False) -> Decision:
    """Stop where it is and wait for a person; automation may still abort, unless people have taken over."""
    changes: dict[str, Any] = {"phase": Phase.PAUSED, "hold": hold, "held_because": reason}
    if hold is Hold.HANDS:
        changes |= {"is_settled": False, "settled_at": None}  # what is counted now is not the rollout's
    paused = noted(case, replace(case.rollout, **changes), EntryKind.HELD, reason, actor=actor)
    until = None if hold is Hold.HANDS else case.soon
    return replace(paused, wake_at=until, opens_incident=opens_incident)


def finished(case: Case, phase: Phase, reason: str, *, actor: str = CONTROLLER) -> Decision:
    """Nothing more will happen."""
    over = replace(turned(case, Position.DONE), phase=phase, before=case.rollout.before, is_settled=True)
    return replace(noted(case, over, EntryKind.FINISHED, reason, actor=actor), wake_at=None)


def _with_effect(rollout: Rollout, case: Case) -> tuple[Rollout, Effect]:
    """The first effect of a wish; an update of the endpoint is counted before it is asked for."""
    effect = lacking(rollout, case.observed)
    if not isinstance(effect, Serve):
        return rollout, effect or Nothing()
    if case.observed.is_changing:
        return rollout, Nothing()
    attempt = asked(rollout.trouble, now=case.now, standing=case.observed.failure_reason)
    return replace(rollout, trouble=attempt), effect


def _details(case: Case, rollout: Rollout) -> Mapping[str, Any]:
    """What a decision was made on: JSON."""
    evidence = case.findings.watch or case.findings.evidence
    return {
        "position": rollout.position.value,
        "stage": rollout.stage,
        "phase": rollout.phase.value,
        "slots": dict(rollout.slots),
        "weights": dict(rollout.weights),
        "weights_before": dict(case.rollout.weights),
        "alarms": [alarm.name for alarm in case.observed.alarms],
        "evidence": evidence.to_dict() if evidence else None,
    }

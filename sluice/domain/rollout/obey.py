"""What did a person ask for, and can it be done as things are? Commands come before everything else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sluice.domain.rollout.abort import go_back, retired
from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import decided, held, turned
from sluice.domain.rollout.decision import Decision, Entry, EntryKind, Nothing
from sluice.domain.rollout.enter import go_on, install
from sluice.domain.rollout.rollout import Command, Hold, Phase, Position, Verb
from sluice.domain.rollout.wanted import missing_contents
from sluice.domain.rollout.wording import alarms_in_words

_CAN_PAUSE = frozenset({Position.CLEARING, Position.INSTALLING, Position.STAGE, Position.BAKING})


def obey(case: Case) -> Decision | None:
    """Carry out the command, or say on record why not; None when there is none."""
    command = case.rollout.command
    return _OBEY[command.verb](case, command) if command else None


def _pause(case: Case, command: Command) -> Decision:
    rollout = case.rollout
    if rollout.position not in _CAN_PAUSE:
        return _declined(case, command, f"it is {rollout.position}, which is not stopped half-way")
    if rollout.phase is Phase.PAUSED:
        return _declined(case, command, f"it is paused already: {rollout.held_because}")
    freed = replace(case, rollout=replace(rollout, command=None))
    return held(freed, Hold.PERSON, _says(command), actor=command.actor)


def _resume(case: Case, command: Command) -> Decision:
    rollout = case.rollout
    if rollout.phase is not Phase.PAUSED:
        return _declined(case, command, f"it is not paused, but {rollout.phase}")
    reason, actor = _says(command), command.actor
    if rollout.is_aborting:
        return go_back(case, reason, actor=actor, opens_incident=False)
    is_undone = missing_contents(rollout, case.observed) is not None
    if rollout.position is Position.STAGE and is_undone:
        return install(case, rollout.stage, reason, actor=actor)
    position = Position.SWAPPING if rollout.position is Position.BAKING and is_undone else rollout.position
    return decided(case, turned(case, position, **_anew(case)), EntryKind.RESUMED, reason, actor=actor)


def _promote(case: Case, command: Command) -> Decision:
    rollout, reason = case.rollout, _says(command)
    if case.candidates_alarms:
        return _declined(case, command, f"{alarms_in_words(case.candidates_alarms)}. Abort, or mute the alarm first")
    if rollout.position is Position.STAGE:
        afresh = replace(case, rollout=replace(rollout, **_anew(case)))
        return go_on(afresh, reason, actor=command.actor)
    if rollout.position is Position.BAKING:
        return retired(case, rollout.candidate.version, f"{reason}: the bake ends early", actor=command.actor)
    if rollout.phase is Phase.PAUSED:
        return _resume(case, command)
    return _declined(case, command, f"it is {rollout.position}: there is nothing to decide")


def _abort(case: Case, command: Command) -> Decision:
    rollout, reason = case.rollout, _says(command)
    if rollout.is_aborting and rollout.phase is not Phase.PAUSED:
        return _declined(case, command, "it is on its way back already")
    return go_back(case, reason, actor=command.actor, opens_incident=not rollout.is_aborting)


def _anew(case: Case) -> Mapping[str, Any]:
    """What a hold was about starts afresh: another horizon, or other counts."""
    rollout = case.rollout
    if rollout.hold is Hold.UNDECIDED:
        return {"compared_since": case.now}
    if rollout.hold is Hold.MISMATCH:
        return {"compared_since": None, "evidence": replace(rollout.evidence, epochs=(), shadowed=None)}
    return {}


def _declined(case: Case, command: Command, why: str) -> Decision:
    freed = replace(case.rollout, command=None)
    entry = Entry(EntryKind.COMMANDED, command.actor, f"{command.verb} cannot be obeyed: {why}", case.now)
    return Decision(freed, Nothing(), entry, case.soon)


def _says(command: Command) -> str:
    return f"{command.actor} said {command.verb}" + (f": {command.reason}" if command.reason else "")


_OBEY: Mapping[Verb, Callable[[Case, Command], Decision]] = {
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.PROMOTE: _promote,
    Verb.ABORT: _abort,
}

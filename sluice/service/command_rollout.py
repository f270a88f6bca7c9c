"""Tell a rollout what a person decided; the controller obeys at its next look."""

from dataclasses import replace
from datetime import datetime

from sluice.aws.rollouts import Rollouts
from sluice.domain.errors import RolloutNotFound, RolloutRefused, StaleWrite
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.rollout import Command, Phase, Position, Rollout, Verb

_ATTEMPTS = 5
_PASSES = frozenset({Verb.PROMOTE, Verb.RESUME})  # what a person said of one stage, or of one hold, is of no other


def command_rollout(
    model: str,
    rollout_id: str | None,
    command: Command,
    *,
    rollouts: Rollouts,
    now: datetime,
    revision: int | None = None,
) -> Rollout:
    """Write a command into a rollout, the one under way unless its id is given; return it as written.

    An abort takes the place of a command that is not obeyed yet. One that waits behind another is not looked at: its
    abort ends it here and now. When the controller writes in between, the rollout is read again and the command checked
    again. With ``revision``, the command is about what was read then and nothing else. Raises RolloutNotFound,
    RolloutRefused, and StaleWrite when the rollout is of another revision, has gone on from what a person wanted to
    pass, or has changed five times in a row.
    """
    read = _find(model, rollout_id, rollouts)
    if revision is not None:
        if revision != read.revision:
            raise StaleWrite(f"rollout {read.id} has changed: it is revision {read.revision} now, not {revision}")
        return _command(read, command, rollouts=rollouts, now=now)
    for _ in range(_ATTEMPTS - 1):
        try:
            return _command(read, command, rollouts=rollouts, now=now)
        except StaleWrite:
            read = _read_again(read, command, rollouts)
    return _command(read, command, rollouts=rollouts, now=now)


def _command(rollout: Rollout, command: Command, *, rollouts: Rollouts, now: datetime) -> Rollout:
    if rollout.phase.is_over:
        raise RolloutRefused(f"rollout {rollout.id} is over: it {rollout.phase}")
    ahead = _ahead_of(rollout, rollouts)
    if ahead is not None:
        return _out_of_the_queue(rollout, ahead, command, rollouts=rollouts, now=now)
    _check(rollout, command)
    entry = Entry(EntryKind.COMMANDED, command.actor, command.reason, now, {"verb": command.verb.value})
    return rollouts.put(replace(rollout, command=command), entry)


def _read_again(before: Rollout, command: Command, rollouts: Rollouts) -> Rollout:
    """The rollout as it is now. Raises StaleWrite where what was to be passed has been left: another stage, or hold."""
    rollout = _find(before.model, before.id, rollouts)
    if command.verb in _PASSES and _place(rollout) != _place(before):
        raise StaleWrite(f"rollout {rollout.id} has just gone on by itself: look at it, and decide again")
    return rollout


def _place(rollout: Rollout) -> tuple[object, ...]:
    return rollout.phase, rollout.position, rollout.stage, rollout.hold


def _ahead_of(rollout: Rollout, rollouts: Rollouts) -> Rollout | None:
    """The rollout whose end this one waits for."""
    active = rollouts.active(rollout.model) if rollout.phase is Phase.PENDING else None
    return None if active is None or active.id == rollout.id else active


def _out_of_the_queue(
    rollout: Rollout, ahead: Rollout, command: Command, *, rollouts: Rollouts, now: datetime
) -> Rollout:
    """End a rollout that has not begun; if its turn has come meanwhile, the write is stale. Raises RolloutRefused."""
    if command.verb is not Verb.ABORT:
        raise RolloutRefused(
            f"rollout {rollout.id} waits for rollout {ahead.id} to end: until then it can only be aborted"
        )
    reason = f"{command.actor} said {command.verb}" + (f": {command.reason}" if command.reason else "")
    ended = replace(rollout, phase=Phase.ABORTED, position=Position.DONE, is_settled=True, since=now, command=None)
    entry = Entry(EntryKind.FINISHED, command.actor, reason, now, {"verb": command.verb.value})
    return rollouts.put(replace(ended, reason=reason, decided_by=command.actor), entry)


def _check(rollout: Rollout, command: Command) -> None:
    """Raise RolloutRefused when the next look could not obey."""
    waiting = rollout.command
    if waiting is not None and (command.verb is not Verb.ABORT or waiting.verb is Verb.ABORT):
        raise RolloutRefused(
            f"rollout {rollout.id} is about to obey {waiting.actor}, who asked it to {waiting.verb}: look again shortly"
        )
    if command.verb is Verb.PAUSE and rollout.phase is Phase.PAUSED:
        raise RolloutRefused(f"rollout {rollout.id} is held already: {rollout.held_because}")
    if command.verb is Verb.RESUME and rollout.phase is not Phase.PAUSED:
        raise RolloutRefused(f"rollout {rollout.id} is {rollout.phase}: there is nothing to resume")


def _find(model: str, rollout_id: str | None, rollouts: Rollouts) -> Rollout:
    found = rollouts.active(model) if rollout_id is None else rollouts.get(model, rollout_id)
    if found is None:
        which = "under way" if rollout_id is None else rollout_id
        raise RolloutNotFound(f"{model} has no rollout {which}")
    return found

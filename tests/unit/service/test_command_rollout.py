from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.errors import RolloutNotFound, RolloutRefused, StaleWrite
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.rollout.rollout import Command, Hold, Phase, Position, Verb
from sluice.service.command_rollout import command_rollout
from tests.functional.release_world import MODEL, World, a_canary

SLOW = a_canary(10, minutes=600)


def test_a_command_is_written_down_and_obeyed_at_the_next_look(world: World) -> None:
    rollout = world.start("v2", SLOW)
    world.run(3)

    commanded = world.command(Verb.PAUSE, by="bob")

    assert commanded.command is not None
    assert (commanded.command.verb, commanded.command.actor) == (Verb.PAUSE, "bob")
    assert world.audit(rollout.id)[-1].kind is EntryKind.COMMANDED
    world.run(1)
    assert (world.rollout(rollout.id).phase, world.rollout(rollout.id).command) == (Phase.PAUSED, None)


def test_a_rollout_is_named_by_its_id_or_is_the_one_under_way(world: World) -> None:
    first, second = world.start("v2", SLOW), world.start("v3", SLOW)

    assert world.command(Verb.ABORT, second.id).id == second.id
    assert world.command(Verb.ABORT).id == first.id


def test_an_abort_takes_the_place_of_what_is_not_obeyed_yet(world: World) -> None:
    world.start("v2", SLOW)
    world.command(Verb.PAUSE)

    commanded = world.command(Verb.ABORT)

    assert commanded.command is not None
    assert commanded.command.verb is Verb.ABORT
    with pytest.raises(RolloutRefused, match="is about to obey ann, who asked it to abort"):
        world.command(Verb.ABORT)


def test_two_commands_at_once_are_one_too_many(world: World) -> None:
    world.start("v2", SLOW)
    world.command(Verb.PROMOTE)

    with pytest.raises(RolloutRefused, match="is about to obey ann, who asked it to promote"):
        world.command(Verb.PAUSE)


def test_without_a_rollout_there_is_nothing_to_command(world: World) -> None:
    with pytest.raises(RolloutNotFound, match="flights has no rollout under way"):
        world.command(Verb.PAUSE)
    with pytest.raises(RolloutNotFound, match="flights has no rollout 2026"):
        world.command(Verb.PAUSE, "2026")


def test_what_is_over_is_over(world: World) -> None:
    rollout = world.start("v2", SLOW)
    world.command(Verb.ABORT)
    world.run_until_over(rollout)

    with pytest.raises(RolloutRefused, match="is over: it aborted"):
        world.command(Verb.RESUME, rollout.id)


def test_a_command_that_would_change_nothing_is_refused(world: World) -> None:
    world.start("v2", SLOW)
    world.run(3)
    with pytest.raises(RolloutRefused, match="there is nothing to resume"):
        world.command(Verb.RESUME)
    world.command(Verb.PAUSE)
    world.run(1)

    with pytest.raises(RolloutRefused, match="is held already"):
        world.command(Verb.PAUSE)


def test_an_abort_ends_a_rollout_that_waits_behind_another_at_once(world: World) -> None:
    first, second = world.start("v2", SLOW), world.start("v3", SLOW)

    aborted = world.command(Verb.ABORT, second.id, by="bob")

    assert (aborted.phase, aborted.position, aborted.command) == (Phase.ABORTED, Position.DONE, None)
    assert (aborted.decided_by, aborted.reason) == ("bob", world.audit(second.id)[-1].reason)
    assert world.audit(second.id)[-1].kind is EntryKind.FINISHED
    assert world.rollout(first.id).phase is not Phase.ABORTED
    third = world.start("v3", SLOW)
    assert third.phase is Phase.PENDING


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.RESUME, Verb.PROMOTE])
def test_a_rollout_that_waits_behind_another_can_only_be_aborted(world: World, verb: Verb) -> None:
    first, second = world.start("v2", SLOW), world.start("v3", SLOW)

    with pytest.raises(RolloutRefused, match=f"waits for rollout {first.id} to end: until then it can only be aborted"):
        world.command(verb, second.id)


WRITE = 2  # a command is a read and a write


def between(world: World, act: Callable[[], object]) -> None:
    """Somebody acts between the next command's read and its write."""
    world.wire.happens_at(WRITE, act)


def change(world: World, which: str, **changes: Any) -> None:
    """As the controller writes."""
    world.services().rollouts.put(replace(world.rollout(which), **changes))


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.PROMOTE, Verb.ABORT])
def test_a_command_is_not_lost_because_the_controller_counts_at_the_same_moment(world: World, verb: Verb) -> None:
    rollout = world.start("v2", SLOW)
    world.run(3)
    before = world.rollout(rollout.id)
    between(world, lambda: change(world, rollout.id))

    commanded = world.command(verb)

    assert world.rollout(rollout.id) == commanded
    assert commanded.command is not None
    assert commanded.revision == before.revision + 2


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.ABORT])
def test_what_holds_anywhere_is_not_lost_because_the_rollout_goes_on(world: World, verb: Verb) -> None:
    rollout = world.start("v2", a_canary(10, 50, minutes=600))
    world.run(3)
    between(world, lambda: change(world, rollout.id, stage=1))

    commanded = world.command(verb)

    assert (commanded.stage, commanded.command is not None) == (1, True)


def test_a_promotion_past_one_stage_is_none_past_the_next(world: World) -> None:
    rollout = world.start("v2", a_canary(10, 50, minutes=600))
    world.run(3)
    between(world, lambda: change(world, rollout.id, stage=1))

    with pytest.raises(StaleWrite, match="has just gone on by itself"):
        world.command(Verb.PROMOTE)

    assert world.rollout(rollout.id).command is None


def test_to_resume_after_one_hold_is_not_to_resume_after_another(world: World) -> None:
    rollout = world.start("v2", SLOW)
    world.run(3)
    world.command(Verb.PAUSE)
    world.run(1)
    between(world, lambda: change(world, rollout.id, hold=Hold.HANDS))

    with pytest.raises(StaleWrite, match="has just gone on by itself"):
        world.command(Verb.RESUME)


def test_a_command_is_checked_again_on_what_is_so_by_then(world: World) -> None:
    rollout = world.start("v2", SLOW)
    world.run(3)
    between(world, lambda: change(world, rollout.id, phase=Phase.ABORTED, position=Position.DONE))

    with pytest.raises(RolloutRefused, match="is over: it aborted"):
        world.command(Verb.PAUSE)


def test_an_abort_of_what_waits_is_written_down_when_its_turn_comes_at_that_moment(world: World) -> None:
    first, second = world.start("v2", SLOW), world.start("v3", SLOW)
    ended = {"phase": Phase.ABORTED, "position": Position.DONE}
    begun = {"phase": Phase.PROGRESSING, "position": Position.INSTALLING}

    def its_turn() -> None:
        change(world, first.id, **ended)
        change(world, second.id, **begun)

    world.wire.happens_at(WRITE + 1, its_turn)  # it has asked who is ahead

    aborted = world.command(Verb.ABORT, second.id)

    assert (aborted.phase, aborted.command is not None) == (Phase.PROGRESSING, True)


def test_who_never_comes_first_is_told_so(world: World) -> None:
    rollout = world.start("v2", SLOW)
    world.run(3)
    lost = []

    def once_more() -> None:
        change(world, rollout.id)
        lost.append(rollout.id)
        world.wire.happens_at(WRITE + 1, once_more)  # it looks first whether what stands there is its own

    between(world, once_more)

    with pytest.raises(StaleWrite, match="was changed by somebody else"):
        world.command(Verb.ABORT)

    assert len(lost) == 5


def test_a_command_about_a_revision_is_about_no_other(world: World) -> None:
    rollout = world.start("v2", SLOW)
    world.run(3)
    revision, rollouts = world.rollout(rollout.id).revision, world.services().rollouts
    command = Command(Verb.ABORT, "ann", "as I say", world.clock.now())
    between(world, lambda: change(world, rollout.id))

    for _ in range(2):
        with pytest.raises(StaleWrite):
            command_rollout(MODEL, rollout.id, command, rollouts=rollouts, now=command.at, revision=revision)

    assert world.rollout(rollout.id).command is None

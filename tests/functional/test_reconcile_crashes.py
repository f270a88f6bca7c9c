"""The controller dies at any of its calls, or any answer gets lost: the next looks bring about the same."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from sluice.domain.errors import RoutingUnavailable
from sluice.domain.rollout.rollout import Phase, Rollout, Verb
from tests.functional.release_world import Crash, World, a_canary, a_world

pytestmark = pytest.mark.ci
PLAN = a_canary(50, minutes=0, bake_minutes=0, holdback_percent=0)
Prepare = Callable[[World], Rollout]


def to_install(world: World) -> Rollout:
    return world.start("v2", PLAN)


def to_shift(world: World) -> Rollout:
    rollout = world.start("v2", PLAN)
    world.run(2)
    return rollout


def to_abort(world: World) -> Rollout:
    rollout = world.start("v2", PLAN)
    world.run(5)
    world.ring("challenger")
    return rollout


def to_swap(world: World) -> Rollout:
    rollout = world.start("v2", PLAN)
    world.run(5)
    world.command(Verb.PROMOTE)
    return rollout


def shown(world: World, rollout: Rollout) -> tuple[Any, ...]:
    """What people see: of the endpoint, the table, and the record."""
    found = world.rollout(rollout.id)
    table = world.table()
    return found.phase, found.position, world.contents(), world.weights(), table.weights, table.versions


def heals(world: World, rollout: Rollout, reference: list[Any]) -> bool:
    """Whether some look soon sees what an undisturbed controller brought about."""
    for _ in range(4):
        world.pass_minute()
        with contextlib.suppress(ReadTimeoutError, RoutingUnavailable):
            world.look()
        world.pass_seconds(20)
        if shown(world, rollout) in reference:
            return True
    return False


def undisturbed(prepare: Prepare, change: str) -> tuple[list[Any], int]:
    """What the next looks bring about, and how many calls the first of them makes, this change among them."""
    with a_world() as world:
        rollout = prepare(world)
        world.pass_minute()
        world.wire.calls.clear()
        world.look()
        calls = sum(world.wire.calls.values())
        assert world.wire.calls[f"sagemaker.{change}"] == 1
        seen = []
        for _ in range(3):
            world.pass_seconds(20)
            seen.append(shown(world, rollout))
            world.pass_minute()
            world.look()
        return seen, calls


@pytest.mark.parametrize(
    ("prepare", "change"),
    [
        (to_install, "UpdateEndpoint"),
        (to_shift, "UpdateEndpointWeightsAndCapacities"),
        (to_abort, "UpdateEndpointWeightsAndCapacities"),
        (to_swap, "UpdateEndpoint"),
    ],
)
def test_a_crash_at_any_call_is_made_good_by_the_next_looks(prepare: Prepare, change: str) -> None:
    reference, calls = undisturbed(prepare, change)

    for call in range(1, calls + 1):
        with a_world() as world:
            rollout = prepare(world)
            world.pass_minute()
            world.wire.crash_at(call)
            with pytest.raises(Crash):
                world.look()
            world.restart()

            assert heals(world, rollout, reference), f"a crash instead of call {call}: {shown(world, rollout)}"


@pytest.mark.parametrize(
    ("prepare", "change"), [(to_install, "UpdateEndpoint"), (to_abort, "UpdateEndpointWeightsAndCapacities")]
)
def test_an_answer_that_gets_lost_is_made_good_by_the_next_looks(prepare: Prepare, change: str) -> None:
    reference, calls = undisturbed(prepare, change)

    for call in range(1, calls + 1):
        with a_world() as world:
            rollout = prepare(world)
            world.pass_minute()
            world.wire.lose_answer_at(call)
            with contextlib.suppress(ReadTimeoutError, RoutingUnavailable):
                world.look()

            assert heals(world, rollout, reference), f"no answer to call {call}: {shown(world, rollout)}"


def test_whoever_is_restarted_at_every_look_still_gets_there() -> None:
    with a_world() as world:
        rollout = world.start("v2", PLAN)
        for minute in range(60):
            world.pass_minute()
            world.wire.crash_at(3 + minute % 17)
            with contextlib.suppress(Crash):
                world.look()
            world.restart()

        assert world.rollout(rollout.id).phase is Phase.SUCCEEDED
        assert world.contents() == {"champion": "v2"}

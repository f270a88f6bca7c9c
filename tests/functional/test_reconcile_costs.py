"""What does a look cost? Calls of AWS, our own time, and writes of an endpoint at which nothing happens."""

import time
from datetime import timedelta

import pytest

from sluice.domain.rollout.rollout import Position
from tests.functional.release_clients import Wire
from tests.functional.release_world import MODEL, World, a_canary

_DAY = 24 * 60
_MOST_CALLS = 10
_MOST_SECONDS = 0.150  # of the processor, and the emulated AWS runs in the same process here


def calls(wire: Wire) -> int:
    return sum(wire.calls.values())


@pytest.mark.ci  # most of a minute
@pytest.mark.timeout(1200)  # of a machine that does much else
def test_a_day_of_looks_at_an_idle_endpoint_writes_nothing(world: World) -> None:
    world.wire.calls.clear()

    for _ in range(_DAY):
        world.clock.at += timedelta(minutes=1)
        assert world.look().outcome == "nothing to release"

    assert world.wire.writes == {}
    assert calls(world.wire) <= _DAY * _MOST_CALLS


def test_a_look_that_only_counts_makes_at_most_ten_calls_and_one_write(world: World) -> None:
    rollout = world.start("v2", a_canary(10, minutes=600))
    world.run(8)
    assert world.rollout(rollout.id).position is Position.STAGE

    for _ in range(5):
        world.pass_minute()
        world.wire.calls.clear()
        world.look()

        assert calls(world.wire) <= _MOST_CALLS, world.wire.calls
        assert world.wire.writes == {"dynamodb.TransactWriteItems": 1}


def test_a_look_that_only_waits_writes_nothing(world: World) -> None:
    world.start("v2", a_canary(10, minutes=600))
    world.run(8)
    world.traffic.requests_per_minute = 0
    world.run(3)
    world.wire.calls.clear()

    world.run(5)

    assert world.wire.writes == {}


def test_a_paused_rollout_without_traffic_writes_nothing(world: World) -> None:
    world.start("v2", a_canary(10, minutes=600))
    world.run(5)
    world.weigh(champion=70, challenger=30)
    world.run(3)
    world.wire.calls.clear()

    world.run(5)

    assert world.services().rollouts.active(MODEL) is not None
    assert world.wire.writes == {}


def test_a_look_takes_little_of_our_own_time(world: World) -> None:
    world.start("v2", a_canary(10, minutes=600))
    world.run(8)
    spent = []
    for _ in range(9):
        world.pass_minute()
        began = time.process_time()
        world.look()
        spent.append(time.process_time() - began)

    assert sorted(spent)[len(spent) // 2] <= _MOST_SECONDS, spent

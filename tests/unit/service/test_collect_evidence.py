from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.domain.evidence.counts import EventKind
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.stage import Kind, Stage
from sluice.service.collect_evidence import collect_evidence, comparison, judged
from sluice.service.observe import observe
from tests.functional.release_world import MODEL, World, a_canary

LONG = a_canary(10, minutes=600)
GET = "cloudwatch.GetMetricData"


def settled(world: World, plan: Plan = LONG) -> Rollout:
    """A rollout whose first stage has just been seen in effect; nothing is counted yet."""
    rollout = world.start("v2", plan)
    while world.rollout(rollout.id).settled_at is None:
        world.run(1)
    return world.rollout(rollout.id)


def counted(world: World, rollout: Rollout) -> Rollout:
    sight = observe(MODEL, world.services(), [])
    assert sight is not None
    return collect_evidence(rollout, sight, world.services(), now=world.clock.now())


def test_whole_minutes_are_counted_when_cloudwatch_has_them(world: World) -> None:
    rollout = settled(world)
    world.traffic.error_rates["v2"] = 0.1
    for _ in range(4):
        world.pass_minute()

    (epoch,) = counted(world, rollout).evidence.epochs

    assert epoch.share == 0.1
    assert (epoch.challenger.requests, epoch.champion.requests) == (1200, 10800)
    assert epoch.challenger.events == {EventKind.ERRORS: 120, EventKind.SLOW: 60, EventKind.BREACHES: 0}
    assert epoch.champion.events == {EventKind.ERRORS: 54, EventKind.SLOW: 540, EventKind.BREACHES: 0}


def test_no_minute_is_counted_twice_and_each_look_asks_once(world: World) -> None:
    rollout = settled(world)
    world.pass_minute()
    rollout = counted(world, rollout)
    requests = []
    for _ in range(4):
        world.pass_minute()
        world.wire.calls.clear()
        rollout = counted(world, rollout)
        requests.append(sum(epoch.challenger.requests for epoch in rollout.evidence.epochs))
        assert world.wire.calls[GET] <= 1

    assert requests == [0, 600, 1200, 1800]


def test_looks_that_were_missed_lose_nothing(world: World) -> None:
    rollout = settled(world)
    for _ in range(31):
        world.pass_minute()

    (epoch,) = counted(world, rollout).evidence.epochs

    assert epoch.challenger.requests == 29 * 600


def test_breaches_of_guardrails_are_counted(world: World) -> None:
    rollout = settled(world)
    world.traffic.breach_rates["v2"] = 0.05
    for _ in range(3):
        world.pass_minute()

    (epoch,) = counted(world, rollout).evidence.epochs

    assert epoch.challenger.events[EventKind.BREACHES] == 30


def test_minutes_without_requests_are_no_evidence_and_nothing_is_written_of_them(world: World) -> None:
    rollout = counted(world, settled(world))
    world.traffic.requests_per_minute = 0
    world.pass_seconds(600)

    assert counted(world, rollout) is rollout


def test_a_model_that_was_never_asked_anything_has_no_baseline_and_no_evidence(world: World) -> None:
    world.traffic.requests_per_minute = 0
    rollout = settled(world)
    assert counted(world, rollout) is rollout

    world.pass_seconds(300)
    assert counted(world, rollout) is rollout

    world.traffic.requests_per_minute = 6000
    for _ in range(2):
        world.pass_minute()
    found = counted(world, rollout).evidence
    assert found.slow_after_milliseconds is not None
    assert found.epochs


def test_what_is_slow_is_known_before_the_first_request_is_counted(world: World) -> None:
    rollout = settled(world)

    found = counted(world, rollout).evidence

    assert (found.slow_after_milliseconds is not None, found.epochs) == (True, ())


def test_nothing_is_counted_while_the_table_says_otherwise(world: World) -> None:
    rollout = settled(world)
    for _ in range(3):
        world.pass_minute()

    assert counted(world, replace(rollout, weights={"champion": 80, "challenger": 20})) == replace(
        rollout, weights={"champion": 80, "challenger": 20}
    )


def test_a_shadow_is_compared_by_what_can_be_seen_of_it(world: World) -> None:
    rollout = settled(world, Plan("shadow", (Stage(Kind.SHADOW, 0, 60), Stage(Kind.WEIGHT, 50)), Bake()))
    for _ in range(3):
        world.pass_minute()

    found = counted(world, rollout)

    (epoch,) = found.evidence.epochs
    assert (epoch.challenger.requests, epoch.champion.requests) == (6000, 6000)
    assert set(epoch.challenger.events) == {EventKind.ERRORS, EventKind.SLOW}
    assert judged(found, now=world.clock.now()).evidence is not None


def test_after_promotion_each_minute_is_a_step_of_the_watch(world: World) -> None:
    rollout = world.start("v2", a_canary(50, minutes=1, bake_minutes=60))
    while world.rollout(rollout.id).position is not Position.BAKING:
        world.run(1)
    world.run(3)
    before = world.rollout(rollout.id)

    world.run(1)

    after = world.rollout(rollout.id)
    assert len(after.evidence.watch) > 0
    assert after.evidence.watch != before.evidence.watch
    assert after.evidence.epochs == before.evidence.epochs
    assert judged(after, now=world.clock.now()).watch is not None


@pytest.mark.parametrize(
    ("position", "weights", "expected"),
    [
        (Position.STAGE, {"champion": 100, "challenger": 0}, None),
        (Position.STAGE, {"champion": 60, "challenger": 40}, ("challenger", "champion", 0.4)),
        (Position.BAKING, {"champion": 90, "challenger": 10}, ("champion", "challenger", 0.9)),
        (Position.BAKING, {"champion": 100}, None),
        (Position.INSTALLING, {"champion": 60, "challenger": 40}, None),
    ],
)
def test_who_is_compared_with_whom(
    world: World, position: Position, weights: dict[str, int], expected: tuple[str, str, float] | None
) -> None:
    rollout = replace(world.start("v2", LONG), position=position, weights=weights)

    compared = comparison(rollout)

    assert (compared and (compared.candidate, compared.control, compared.share)) == expected


def test_a_stage_that_compares_nobody_is_not_compared(world: World) -> None:
    plan = Plan("blue", (Stage(Kind.PREVIEW), Stage(Kind.WEIGHT, 100)), Bake())
    rollout = replace(world.start("v2", plan), position=Position.STAGE, weights={"champion": 50, "challenger": 50})

    assert comparison(rollout) is None


def test_without_anything_known_nothing_is_judged(world: World) -> None:
    found = judged(world.start("v2"), now=world.clock.now() + timedelta(minutes=5))

    assert (found.evidence, found.watch, found.preview, found.reward) == (None, None, None, None)

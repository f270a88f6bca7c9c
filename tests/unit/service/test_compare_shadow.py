from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sluice.domain.replay.report import Outcome
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout
from sluice.domain.rollout.stage import Kind, Stage
from sluice.domain.shadow.shadowed import Shadowed
from sluice.service import compare_shadow as use_case
from sluice.service.compare_shadow import compare_shadow
from sluice.service.observe import observe
from tests.functional.release_captures import a_captured_line, capture, capture_both, put_lines
from tests.functional.release_clients import client
from tests.functional.release_world import MODEL, Crash, World

GET, LIST = "s3.GetObject", "s3.ListObjectsV2"
SETTLED = timedelta(minutes=3)


def a_plan(min_agreement: float | None = None, minutes: float = 600) -> Plan:
    shadow = Stage(Kind.SHADOW, minutes=minutes, min_agreement=min_agreement)
    return Plan("shadow_then_canary", (shadow, Stage(Kind.WEIGHT, 50, 2)), Bake(1, 5), horizon_minutes=1500)


def shadowing(world: World, plan: Plan | None = None) -> Rollout:
    """A rollout whose shadow has just been seen to answer."""
    rollout = world.start("v2", plan or a_plan())
    while world.rollout(rollout.id).settled_at is None:
        world.run(1)
    return world.rollout(rollout.id)


def compared(world: World, rollout: Rollout, *, later: timedelta = SETTLED) -> Rollout:
    sight = observe(MODEL, world.services(), [])
    assert sight is not None
    return compare_shadow(rollout, sight, world.services(), now=world.clock.now() + later)


def said(rollout: Rollout) -> Shadowed:
    found = rollout.evidence.shadowed
    assert found is not None
    return found


def test_answers_to_the_same_requests_are_compared(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0, 2.0], "p-2": [3.0]}, {"p-2": [3.5], "p-1": [1.0, 2.0]})

    found = said(compared(world, rollout))

    assert (found.requests, found.agreement, found.checked) == (2, 0.5, 2)
    assert found.report.outputs["y"].differences.largest == 0.5
    (worst,) = found.report.worst
    assert (worst.prediction_id, worst.captured, worst.candidate) == ("p-2", {"y": 3.5}, {"y": 3.0})
    assert worst.inputs == {}


def test_a_file_is_compared_once_however_often_it_is_looked_for(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0]})
    once = compared(world, rollout)

    capture_both(world, {"p-1": [1.0]})  # put back under its key, as one that is redacted
    again = compared(world, once)
    world.pass_seconds(10)
    capture_both(world, {"p-2": [2.0]})
    more = compared(world, again)

    assert again is once
    assert (said(once).requests, said(more).requests) == (1, 2)


def test_a_look_that_dies_before_it_is_written_down_has_compared_nothing(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0]})

    first, second = compared(world, rollout), compared(world, rollout)

    assert said(first) == said(second)


def test_what_was_captured_a_moment_ago_waits(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0]})

    assert compared(world, rollout, later=timedelta(minutes=1)) is rollout
    assert said(compared(world, rollout)).requests == 1


def test_without_captures_nothing_is_said(world: World) -> None:
    rollout = shadowing(world)

    assert compared(world, rollout) is rollout


def test_copies_wait_for_the_champions_files_for_a_while_and_are_then_left_out(world: World) -> None:
    rollout = shadowing(world)
    capture(world, "shadow", {"p-1": [1.0], "p-2": [2.0]})

    assert compared(world, rollout, later=timedelta(minutes=19)) is rollout
    found = said(compared(world, rollout, later=timedelta(minutes=20)))

    assert (found.requests, found.agreement, found.breaches) == (0, None, 0)
    assert dict(found.report.skipped) == {"a copy without the champion's answer under its inference id": 2}


def test_what_can_be_told_is_told_while_later_files_wait_for_the_champions(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0]})
    world.pass_seconds(10)
    capture(world, "shadow", {"p-2": [2.0]})

    once = compared(world, rollout)
    capture(world, "champion", {"p-2": [2.0]})
    twice = compared(world, once)

    assert (said(once).requests, dict(said(once).report.skipped)) == (1, {})
    assert said(twice).requests == 2


def test_an_id_that_comes_twice_is_compared_once(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0]})
    capture(world, "shadow", {"p-1": [1.0]}, name="2")

    found = said(compared(world, rollout))

    assert (found.requests, dict(found.report.skipped)) == (1, {})


def test_when_the_champions_files_have_come_as_far_what_has_no_partner_has_none(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0], "p-2": [2.0]}, {"p-1": [1.0], "p-3": [1.0]})

    found = said(compared(world, rollout))

    assert (found.requests, sum(found.report.skipped.values())) == (1, 1)


def test_partners_are_found_in_files_that_are_cut_otherwise(world: World) -> None:
    rollout = shadowing(world)
    world.pass_seconds(60)
    moments = [world.clock.now() + timedelta(seconds=10 * number) for number in range(9)]
    for at, ids in zip(moments, ["00", "1", "2", "33", "4", "5", "66", "7", "88"], strict=True):
        capture(world, "champion", {f"p-{each}{number}": [1.0] for number, each in enumerate(ids)}, at=at)
    asked = {"p-20": moments[2], "p-30": moments[3], "p-31": moments[3], "p-60": moments[6]}
    lines = [a_captured_line(each, [1.0], at) for each, at in asked.items()]
    put_lines("shadow", lines, at=moments[3])

    found = said(compared(world, rollout, later=timedelta(minutes=10)))

    assert (found.requests, dict(found.report.skipped)) == (4, {})


def test_only_files_of_about_the_time_are_read(world: World) -> None:
    rollout = shadowing(world)
    world.pass_seconds(1200)
    now = world.clock.now()
    for number in range(-9, 10):
        at = now + timedelta(seconds=30 * number)
        capture(world, "champion", {f"other-{number}": [1.0]}, at=at)
    capture(world, "shadow", {"p-1": [1.0]}, at=now)
    world.wire.calls.clear()

    compared(world, rollout, later=timedelta(minutes=10))

    assert world.wire.calls[GET] == 1 + 3  # the shadow's; the champion's of that moment, one before and one after
    assert world.wire.calls[LIST] <= 4


def test_files_that_are_named_at_random_are_compared_all_the_same(world: World) -> None:
    rollout = shadowing(world)
    now = world.clock.now()
    put_lines("champion", [a_captured_line("p-1", [1.0], now)], at=now, name="z")
    put_lines("champion", ["no JSON", a_captured_line("p-0", [1.0], None)], at=now, name="a")
    put_lines("shadow", [a_captured_line("p-1", [1.0], now)], at=now, name="b")

    assert said(compared(world, rollout)).requests == 1


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(("MOST_FILES", 2), [4, 8, 12]), (("MOST_COPIES", 6), [6, 12, 12]), (("_ENOUGH_SECONDS", -1), [2, 4, 6])],
)
def test_a_look_takes_a_few_files_and_the_next_look_the_next_ones(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: tuple[str, int], expected: list[int]
) -> None:
    monkeypatch.setattr(use_case, *limit)
    rollout = shadowing(world)
    for number in range(6):
        capture_both(world, {f"p-{number}-{each}": [1.0] for each in "ab"})
        world.pass_seconds(5)

    looks = [compared(world, rollout)]
    for _ in range(2):
        looks.append(compared(world, looks[-1]))

    assert [said(look).requests for look in looks] == expected


@pytest.mark.parametrize(("limit", "value"), [("MOST_COPIES", 2), ("_MOST_BYTES", 40)])
def test_of_a_large_file_some_copies_are_compared(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(use_case, limit, value)
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0], "p-2": [2.0], "p-3": [3.0]})

    found = said(compared(world, rollout))

    assert found.requests == 2
    assert dict(found.report.skipped) == {"a file with more copies than are compared of one": 1}


def test_lines_that_say_nothing_are_counted_by_reason(world: World) -> None:
    rollout = shadowing(world)
    now = world.clock.now()
    put_lines("shadow", ["no JSON", a_captured_line("p-1", [1.0], None)], at=now)

    found = said(compared(world, rollout))

    assert found.requests == 0
    assert dict(found.report.skipped) == {"a line is not JSON": 1, "a line that does not say when it was answered": 1}


def test_what_was_answered_before_the_stage_and_what_replays_asked_is_nobodys_copy(world: World) -> None:
    rollout = shadowing(world)
    assert rollout.settled_at is not None
    earlier = rollout.settled_at - timedelta(seconds=30)
    capture_both(world, {"p-1": [1.0]}, at=earlier)
    capture(world, "shadow", {"p-2": [1.0]}, customAttributes=["sluice-replay"])

    found = said(compared(world, rollout))

    assert (found.requests, dict(found.report.skipped)) == (0, {})
    assert found.read_until


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ([1.0], None, (Outcome.NO_ANSWER, 0, 0)),
        (None, [1.0], (Outcome.NO_ANSWER, 0, 0)),
        ({"predictions": []}, [1.0], (Outcome.DEFECTIVE, 1, 0)),
        ([1.0], {"predictions": []}, (Outcome.NO_ANSWER, 0, 1)),
        ("no JSON", {"predictions": []}, (Outcome.NO_ANSWER, 1, 1)),
    ],
)
def test_what_cannot_be_compared_and_what_breaks_a_guardrail_is_told_apart(
    world: World, mine: Any, theirs: Any, expected: tuple[Outcome, int, int]
) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": mine}, {"p-1": theirs})

    found = said(compared(world, rollout))

    ((outcome, count),) = ((each, n) for each, n in found.report.outcomes.items() if n)
    assert ((outcome, found.breaches, found.champions_breaches), count) == (expected, 1)


@pytest.mark.parametrize(
    "changed",
    [
        lambda rollout: replace(rollout, position=Position.INSTALLING),
        lambda rollout: replace(rollout, stage=1),
        lambda rollout: replace(rollout, settled_at=None),
    ],
)
def test_nothing_is_read_where_no_shadow_is_compared(world: World, changed: Callable[[Rollout], Rollout]) -> None:
    rollout = changed(shadowing(world))
    capture_both(world, {"p-1": [1.0]})
    world.wire.calls.clear()

    assert compared(world, rollout) is rollout
    assert world.wire.calls[LIST] == 0


def test_a_look_does_not_wait_for_a_slow_s3(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, {"p-1": [1.0]})
    seconds = iter([0.0, 16.0])
    slow = replace(world.services(), clock=lambda: next(seconds))
    sight = observe(MODEL, slow, [])
    assert sight is not None

    with pytest.raises(TimeoutError, match="longer than 15 seconds"):
        compare_shadow(rollout, sight, slow, now=world.clock.now() + SETTLED)


# what comes of it in a rollout


def some_answers(number: int) -> dict[str, Any]:
    return {f"p-{number:03}-{each}": [1.0] for each in range(50)}


def run(world: World, minutes: int, mine: Callable[[dict[str, Any]], dict[str, Any]] = lambda same: same) -> None:
    for number in range(minutes):
        answers = some_answers(number)
        capture_both(world, mine(answers), answers)
        world.run(1)


def differing(answers: dict[str, Any]) -> dict[str, Any]:
    """Three of ten."""
    return {name: [2.0] if number % 10 < 3 else said for number, (name, said) in enumerate(answers.items())}


def broken(answers: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"predictions": []} if number % 10 < 3 else said for number, (name, said) in enumerate(answers.items())
    }


def test_a_shadow_that_agrees_goes_on(world: World) -> None:
    rollout = shadowing(world, a_plan(0.95, minutes=2))

    run(world, 12)

    after = world.rollout(rollout.id)
    assert (after.stage, after.phase) == (1, Phase.PROGRESSING)
    (entry,) = [each for each in world.audit(rollout.id) if "agreement: 100.00% in" in each.reason]
    assert "more than the 95.00% asked for" in entry.reason
    assert said(after).agreement == 1.0


def test_one_whose_answers_differ_is_taken_back_and_the_reason_has_the_numbers(world: World) -> None:
    rollout = shadowing(world, a_plan(0.95))

    run(world, 8, differing)
    ended = world.run_until_over(rollout, most_minutes=10)

    assert ended.phase is Phase.ABORTED
    (incident,) = world.services().incidents.list(MODEL)
    assert "agreement: 70.00% in" in incident.title
    assert "less than the 95.00% asked for" in incident.title
    assert incident.variant == "shadow"
    assert set(incident.prediction_ids) == {example.prediction_id for example in said(ended).report.worst}


def test_without_a_share_that_is_asked_for_answers_are_shown_and_decide_nothing(world: World) -> None:
    rollout = shadowing(world, a_plan(minutes=4))

    run(world, 10, differing)

    assert world.rollout(rollout.id).stage == 1


def test_answers_that_break_guardrails_beyond_the_champions_take_it_back(world: World) -> None:
    rollout = shadowing(world)

    run(world, 8, broken)
    ended = world.run_until_over(rollout, most_minutes=10)

    assert ended.phase is Phase.ABORTED
    (incident,) = world.services().incidents.list(MODEL)
    assert "breaches: " in incident.title
    assert "0 of" in incident.title


def test_without_captures_it_waits_and_is_held_at_the_horizon(world: World) -> None:
    plan = replace(a_plan(0.95, minutes=2), horizon_minutes=10)
    rollout = shadowing(world, plan)

    world.run(8)
    waiting = world.rollout(rollout.id)
    world.run(5)
    held = world.rollout(rollout.id)

    assert (waiting.stage, waiting.phase) == (0, Phase.PROGRESSING)
    assert (held.phase, held.hold) == (Phase.PAUSED, Hold.UNDECIDED)
    assert "no answers of both have been compared yet" in (held.held_because or "")


def test_captures_that_cannot_be_read_let_nothing_go_on(world: World) -> None:
    plan = replace(a_plan(minutes=2), horizon_minutes=10)
    rollout = shadowing(world, plan)
    client("s3").delete_bucket(Bucket="captures")

    world.run(12)

    held = world.rollout(rollout.id)
    assert (held.stage, held.hold) == (0, Hold.UNDECIDED)
    assert "captured answers, which could not be read" in (held.held_because or "")


def test_a_crash_between_any_two_calls_compares_nothing_twice(world: World) -> None:
    rollout = shadowing(world)
    capture_both(world, some_answers(1))
    world.pass_seconds(int(SETTLED.total_seconds()))

    for call in range(1, 40):
        world.wire.crash_at(call)
        with suppress(Crash):
            world.look()
        world.restart()
        world.pass_seconds(40)
    world.look()

    assert said(world.rollout(rollout.id)).requests == 50


def test_what_was_compared_is_known_after_the_stage(world: World) -> None:
    rollout = shadowing(world, a_plan(minutes=4))
    run(world, 10)

    after = world.rollout(rollout.id)

    assert after.stage == 1
    assert said(after).requests > 0
    assert all(epoch.share == 0.5 for epoch in after.evidence.epochs)

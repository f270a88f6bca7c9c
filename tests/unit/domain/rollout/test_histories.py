"""Whatever happens to a release, in whatever order: what must never happen does not, and it always comes to an end."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.decision import Nothing
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import Phase, Verb
from tests.release_model import Crash, World, is_over, move_on, waits_for_person
from tests.release_surroundings import ALICES, Outcome
from tests.rollout_builders import V1, V2, observed

pytestmark = pytest.mark.ci
HISTORIES = 2_000
_CANARY = read_plan({"plan": "canary", "percents": [5, 50, 100]})
PLANS: tuple[Plan, ...] = (
    _CANARY,
    replace(_CANARY, bake=Bake(0, 0)),
    read_plan({"plan": "shadow_then_canary", "percents": [10, 60]}),
    read_plan("in_place"),
    read_plan("blue_green"),
    read_plan("shadow"),
    read_plan({"stages": [{"internal_first": {"units": ["u"]}}, {"bandit": {"goal": "bought"}}, "approval"]}),
    read_plan({"stages": ["approval", {"ab_test": {"goal": "bought", "minutes": 5}}], "horizon_minutes": 60}),
)
Act = Callable[[World, int], object]
_ARTIFACTS = (ALICES, V1.artifact, V2.artifact)
# Each thing that can happen, twice or more where it should happen often; the number says which variety of it.
ACTS: tuple[Act, ...] = (
    *(5 * (lambda world, _: world.look(),)),
    lambda world, number: world.look(list(Crash)[number % 4]),
    lambda world, number: world.look(list(Crash)[1 + number % 3]),
    *(4 * (lambda world, _: world.finish(Outcome.DONE),)),
    lambda world, number: world.finish(list(Outcome)[number % 4]),
    *(2 * (lambda world, number: world.pass_time(1 + number % 40),)),
    lambda world, number: world.pass_time(number * 20),
    lambda world, number: setattr(world, "refuses", ["ResourceLimitExceeded", "ValidationException"][number % 2]),
    lambda world, _: world.begin_deploy(),
    *(2 * (lambda world, _: world.apply_deploy(),)),
    lambda world, _: world.system_update(),
    lambda world, number: world.ring(["champion", "challenger", "shadow"][number % 3]),
    *(2 * (lambda world, _: world.quiet(),)),
    lambda world, number: world.command(list(Verb)[number % 4]),
    lambda world, number: world.judge(list(Verdict)[number % 4]),
    *(2 * (lambda world, _: world.judge(Verdict.PASS),)),
)
BY_HAND: tuple[Act, ...] = (
    lambda world, number: world.set_table(number % 101),
    lambda world, number: world.set_weights(number % 101),
    lambda world, number: world.put(
        ["champion", "challenger"][number % 2], [ALICES, V1.artifact, V2.artifact][number % 3]
    ),
    lambda world, _: world.lose_config(),
)


@settings(
    max_examples=HISTORIES,
    derandomize=True,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=st.binary(min_size=40, max_size=160))
def test_whatever_happens_some_good_version_serves_and_the_release_comes_to_an_end(history: bytes) -> None:
    world = a_world(history[0])

    try:
        world.go_well(history[1] % 32)
        for act, number in acts(history[3:], is_handled=history[2] % 3 == 0):
            if not is_over(world):  # afterwards people do as they like
                act(world, number)
        comes_to_an_end(world)
    except AssertionError as never:
        never.add_note("\n".join(world.story))
        raise


def a_world(number: int) -> World:
    """A release by one of the plans; the challenger's slot is declared, and in use, or not."""
    plan = PLANS[number % len(PLANS)]
    if plan.is_in_place or number < 128:
        return World(plan)
    live = observed({"champion": "1", "challenger": "0"}, {"champion": 90, "challenger": 10}, author="deploy")
    return World(plan, declared=frozenset({"champion", "challenger"}), observed=live)


def acts(history: bytes, *, is_handled: bool) -> Iterator[tuple[Act, int]]:
    """What happens, one byte each, and which variety of it, another; Alice has a hand in it, or has not."""
    possible = (*ACTS, *BY_HAND) if is_handled else ACTS
    for what, which in zip(history[::2], history[1::2], strict=False):
        yield possible[what % len(possible)], which


def comes_to_an_end(world: World) -> None:
    """With nothing to disturb it a release ends, or waits for a person who can end it."""
    if not is_over(world):
        world.calm_down()
    for _ in range(8):
        assert world.run(60, until=lambda w: is_over(w) or waits_for_person(w)), "it goes on for ever"
        idles(world)
        if is_over(world):
            break
        move_on(world)
    else:
        raise AssertionError("people cannot bring it to an end")
    if world.has_begun:
        one_version_serves(world)


def idles(world: World) -> None:
    """A release that is over, or waits for a person, asks for nothing and writes nothing."""
    world.look()
    record, audit = world.record, list(world.audit)
    decision = world.look()
    assert decision.effect == Nothing()
    assert (world.record, world.audit) == (record, audit)


def one_version_serves(world: World) -> None:
    """The candidate, or the version it was to replace; its slots are taken down unless they are declared."""
    record, seen = world.record, world.observed
    version = record.candidate if record.phase is Phase.SUCCEEDED else record.previous
    assert seen.artifacts["champion"] == version.artifact
    assert seen.weights["champion"] == sum(seen.weights.values())
    assert seen.routing.weights["champion"] == 100
    assert seen.routing.versions["champion"] == version.version
    own = {record.candidate.artifact, record.previous.artifact}
    foreign = {slot for slot, artifact in seen.artifacts.items() if artifact not in own}
    assert seen.weights.keys() - foreign <= seen.routing.versions.keys() <= seen.weights.keys()
    assert seen.artifacts.keys() <= world.declared | foreign

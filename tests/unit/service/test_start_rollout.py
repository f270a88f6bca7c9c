from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.errors import InvalidPlan, ModelNotFound, RolloutRefused
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.rollout.document import rollout_id
from sluice.domain.rollout.rollout import ModelVersion, Phase, Position, Rollout
from sluice.domain.signature import inputs_hash
from sluice.service.start_rollout import MOST_WAITING, RolloutRequest, start_rollout
from tests.builders import a_signature
from tests.functional.release_world import MODEL, World, a_canary, artifact

CANARY = a_canary(50, minutes=1, bake_minutes=0)


def ask(world: World, version: str = "v2", *, suffix: str = "0001", **changed: Any) -> Rollout:
    request = RolloutRequest(MODEL, ModelVersion(version, artifact(version)), None, None, "ann", "it is better")
    services = world.services()
    return start_rollout(
        replace(request, **changed),
        rollouts=services.rollouts,
        routings=services.routings,
        declarations=services.declarations,
        new_id=lambda now: rollout_id(now, suffix),
        now=world.clock.now(),
    )


def test_a_rollout_is_written_down_and_waits_for_its_turn(world: World) -> None:
    asked = ask(world)

    assert world.rollout(asked.id) == asked
    assert (asked.phase, asked.position, asked.plan) == (Phase.PENDING, Position.QUEUED, world.stack.plan)
    assert asked.previous == ModelVersion("v1", artifact("v1"))
    (entry,) = world.audit(asked.id)
    assert (entry.kind, entry.actor, entry.reason) == (EntryKind.REQUESTED, "ann", "it is better")
    assert (asked.revision, asked.sequence) == (1, 1)


def test_a_plan_of_its_own_goes_before_the_declared_one(world: World) -> None:
    assert ask(world, plan=CANARY).plan == CANARY


def test_what_was_released_is_what_an_abort_will_go_back_to(world: World) -> None:
    world.run_until_over(ask(world, plan=CANARY))

    assert ask(world, "v3", suffix="0002").previous == ModelVersion("v2", artifact("v2"))


def test_a_model_that_is_not_deployed_is_not_found(world: World) -> None:
    with pytest.raises(ModelNotFound, match="churn is not deployed"):
        ask(world, model="churn")


def test_without_any_plan_nothing_is_started(world: World) -> None:
    services = world.services()
    form = {
        "endpoint": "sluice-flights",
        "declaration": {"variants": [], "image": "i", "model": {}, "shape": {}, "config": {}},
        "plan": None,
        "declared_slots": ["champion"],
        "routing_seconds": 5,
        "on_approval": "ignore",
        "keeps": 3,
    }
    services.declarations.put(MODEL, form)

    with pytest.raises(InvalidPlan, match="declares no plan"):
        ask(world)

    assert ask(world, plan=CANARY).previous == ModelVersion("v1", "")


def wait_in_line(world: World) -> None:
    for number in range(MOST_WAITING):
        ask(world, f"w{number}", suffix=f"{number:04}")


@pytest.mark.parametrize(
    ("before", "request_", "why"),
    [
        (World.look, {"version": "v1"}, "version v1 is the champion of flights already"),
        (ask, {"version": "v2", "suffix": "0002"}, "version v2 is on its way already"),
        (ask, {"version": "v3"}, "there is a rollout .* of flights already"),
        (wait_in_line, {"version": "v2", "suffix": "9999"}, "10 rollouts of flights are waiting"),
        (World.look, {"inputs_hash": "0" * 16}, "version v2 takes other inputs than the champion"),
    ],
)
def test_what_cannot_be_accepted_is_refused_with_the_reason(
    world: World, before: Callable[[World], object], request_: dict[str, str], why: str
) -> None:
    before(world)

    with pytest.raises(RolloutRefused, match=why):
        ask(world, **request_)


def test_the_champion_can_be_asked_for_while_another_version_is_on_its_way(world: World) -> None:
    ask(world)
    world.run(2)

    assert ask(world, "v1", suffix="0002").phase is Phase.PENDING


def test_a_version_that_takes_the_same_inputs_is_accepted(world: World) -> None:
    assert ask(world, inputs_hash=inputs_hash(a_signature())).phase is Phase.PENDING

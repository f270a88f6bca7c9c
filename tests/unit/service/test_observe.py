from sluice.domain.rollout.observed import Alarm
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.stage import Kind, Stage
from sluice.service.observe import observe
from tests.functional.release_world import ENDPOINT, MODEL, World, artifact


def test_a_look_sees_contents_weights_table_and_alarms(world: World) -> None:
    world.ring("champion")

    sight = observe(MODEL, world.services(), [])

    assert sight is not None
    seen = sight.observed
    assert (seen.status, seen.is_changing, seen.failure_reason, seen.has_config) == ("InService", False, None, True)
    assert (seen.artifacts, seen.weights, seen.is_routing_by_weights) == (
        {"champion": artifact("v1")},
        {"champion": 100},
        True,
    )
    assert seen.routing == world.table()
    assert seen.alarms == (Alarm(f"{ENDPOINT}-champion-errors", "champion", "as the test says"),)
    assert seen.declared_slots == {"champion"}


def test_models_are_read_once_for_they_never_change(world: World) -> None:
    observe(MODEL, world.services(), [])
    world.wire.calls.clear()

    observe(MODEL, world.services(), [])

    assert world.wire.calls["sagemaker.DescribeModel"] == 0
    assert sum(world.wire.calls.values()) == 5


def test_without_the_config_contents_are_what_the_records_say(world: World) -> None:
    rollout = world.start("v2")
    world.run(4)
    assert world.contents() == {"champion": "v1", "challenger": "v2"}
    world.delete_config()

    sight = observe(MODEL, world.services(), [world.rollout(rollout.id)])

    assert sight is not None
    assert not sight.observed.has_config
    assert sight.observed.artifacts == {"champion": artifact("v1"), "challenger": artifact("v2")}


def test_without_the_config_nobody_knows_what_is_in_a_slot_that_is_being_filled_anew(world: World) -> None:
    rollout = world.start("v2", Plan("in_place", (Stage(Kind.IN_PLACE),), Bake(1, 0)))
    world.run(1)
    world.pass_seconds(180)
    assert world.contents() == {"champion": "v2"}
    world.delete_config()
    assert world.table().versions == {"champion": "v1"}

    sight = observe(MODEL, world.services(), [world.rollout(rollout.id)])

    assert sight is not None
    assert sight.observed.artifacts == {"champion": ""}


def test_without_the_config_the_shadow_is_that_of_the_release_under_way(world: World) -> None:
    rollout = world.start("v2", Plan("shadow", (Stage(Kind.SHADOW, minutes=60), Stage(Kind.WEIGHT, 10))))
    world.run(3)
    queued = world.start("v3")
    assert world.contents() == {"champion": "v1", "shadow": "v2"}
    world.delete_config()

    sight = observe(MODEL, world.services(), [queued, world.rollout(rollout.id)])

    assert sight is not None
    assert sight.observed.artifacts == {"champion": artifact("v1"), "shadow": artifact("v2")}


def test_without_the_config_a_declared_shadow_is_not_the_releases(world: World) -> None:
    world.stack.shadow = "v9"
    world.stack.deploy(champion="v1")
    rollout = world.start("v2", Plan("in_place", (Stage(Kind.IN_PLACE),), Bake(1, 0)))
    world.delete_config()

    sight = observe(MODEL, world.services(), [world.rollout(rollout.id)])

    assert sight is not None
    assert sight.observed.artifacts["shadow"] == artifact("v9")


def test_without_config_and_records_contents_are_what_was_deployed(world: World) -> None:
    world.stack.shadow = "v9"
    world.stack.deploy(champion="v1")
    world.delete_config()

    sight = observe(MODEL, world.services(), [])

    assert sight is not None
    assert sight.observed.artifacts == {"champion": artifact("v1"), "shadow": artifact("v9")}


def test_what_is_not_deployed_is_not_seen(world: World) -> None:
    assert observe("churn", world.services(), []) is None

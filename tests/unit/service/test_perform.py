from dataclasses import replace

import pytest

from sluice.domain.errors import EndpointBusy, InvalidWeights
from sluice.domain.rollout.decision import Effect, Nothing, Route, Serve
from sluice.domain.routing import Interleaving
from sluice.service.observe import Sight, observe
from sluice.service.perform import perform, shadow_of, variants_of
from tests.functional.release_world import ENDPOINT, MODEL, World, artifact

BOTH = {"champion": "v1", "challenger": "v2"}
UPDATE, WEIGH = "sagemaker.UpdateEndpoint", "sagemaker.UpdateEndpointWeightsAndCapacities"


def seen(world: World) -> Sight:
    sight = observe(MODEL, world.services(), [])
    assert sight is not None
    return sight


def carry_out(world: World, effect: Effect, *, sight: Sight | None = None) -> None:
    rollout = world.services().rollouts.active(MODEL) or world.start("v2")
    perform(effect, rollout, sight or seen(world), world.services())


def install(**weights: int) -> Serve:
    return Serve({"champion": artifact("v1"), "challenger": artifact("v2")}, weights or {"champion": 100})


def test_nothing_is_nothing(world: World) -> None:
    carry_out(world, Nothing())

    assert world.wire.calls[UPDATE] == world.wire.calls[WEIGH] == 0


def test_a_version_is_put_into_its_slot_beside_what_is_live(world: World) -> None:
    carry_out(world, install())
    world.pass_seconds(30)

    assert world.contents() == BOTH
    assert world.weights() == {"champion": 100, "challenger": 0}


def test_versions_trade_places_with_the_weights_asked_for(world: World) -> None:
    carry_out(world, install(champion=50, challenger=50))
    world.pass_seconds(30)
    swap = Serve({"champion": artifact("v2"), "challenger": artifact("v1")}, {"champion": 95, "challenger": 5})

    carry_out(world, swap)
    world.pass_seconds(30)

    assert world.contents() == {"champion": "v2", "challenger": "v1"}
    assert world.weights() == {"champion": 95, "challenger": 5}


def test_a_slot_is_taken_down_after_its_scaling_target(world: World) -> None:
    carry_out(world, install())
    world.pass_seconds(30)

    carry_out(world, Serve({"champion": artifact("v1")}, {"champion": 100}, removed=frozenset({"challenger"})))
    world.pass_seconds(30)

    assert world.contents() == {"champion": "v1"}
    assert world.wire.calls["application-autoscaling.DeregisterScalableTarget"] == 1


def test_a_shadow_gets_a_copy_and_can_be_ended(world: World) -> None:
    carry_out(world, Serve({"champion": artifact("v1")}, {"champion": 100}, shadow=artifact("v2")))
    world.pass_seconds(30)
    assert world.contents() == {"champion": "v1", "shadow": "v2"}

    carry_out(world, Serve({"champion": artifact("v1")}, {"champion": 100}, removed=frozenset({"shadow"})))
    world.pass_seconds(30)

    assert world.contents() == {"champion": "v1"}


def test_the_declared_shadow_is_there_whenever_it_may(world: World) -> None:
    world.stack.shadow = "v9"
    world.stack.deploy(champion="v1")
    assert world.contents() == {"champion": "v1", "shadow": "v9"}

    carry_out(world, install())
    world.pass_seconds(30)
    assert world.contents() == BOTH
    carry_out(world, Serve({"champion": artifact("v1")}, {"champion": 100}, removed=frozenset({"challenger"})))
    world.pass_seconds(30)

    assert world.contents() == {"champion": "v1", "shadow": "v9"}


def test_a_live_shadow_that_nobody_minds_stays(world: World) -> None:
    carry_out(world, Serve({"champion": artifact("v1")}, {"champion": 100}, shadow=artifact("v2")))
    world.pass_seconds(30)
    sight = seen(world)

    kept = shadow_of(Serve({"champion": artifact("v3")}, {"champion": 100}), sight, is_alone=True)

    assert kept is not None
    assert kept["ModelDataUrl"] == artifact("v2")


def test_a_candidate_starts_with_as_many_instances_as_the_champion_has_where_these_are_scaled(world: World) -> None:
    world.stack.autoscales = True
    world.stack.deploy(champion="v1")
    sight = seen(world)
    scaled = replace(sight, variants=tuple(replace(variant, instances=4) for variant in sight.variants))

    variants = variants_of(install(), scaled)

    assert [(variant.name, variant.instances) for variant in variants] == [("champion", 4), ("challenger", 4)]


def test_a_change_in_place_is_guarded_by_the_slots_metric_alarms(world: World) -> None:
    world.ring("champion", state="OK")
    effect = Serve({"champion": artifact("v2")}, {"champion": 100}, in_place=True)

    carry_out(world, effect)

    guarded = world.endpoint().deployment_config
    assert guarded is not None
    assert guarded["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": f"{ENDPOINT}-champion-errors"}]
    assert guarded["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 300


def test_table_and_endpoint_are_brought_to_the_weights_and_the_table_is_signed(world: World) -> None:
    carry_out(world, install())
    world.pass_seconds(30)

    carry_out(world, Route({"champion": 90, "challenger": 10}, BOTH))
    world.pass_seconds(10)

    rollout = world.services().rollouts.active(MODEL)
    assert rollout is not None
    assert (world.table().weights, world.table().author) == ({"champion": 90, "challenger": 10}, rollout.author)
    assert world.weights() == {"champion": 90, "challenger": 10}


def test_a_release_that_routes_ends_what_interleaves(world: World) -> None:
    carry_out(world, install())
    world.pass_seconds(30)
    table = world.table()
    weights, versions = {"champion": 100, "challenger": 0}, {"champion": "v1", "challenger": "v2"}
    on = replace(table, weights=weights, versions=versions, interleaving=Interleaving("challenger"))
    world.services().routings.put(replace(on, revision=table.revision + 1))

    carry_out(world, Route(weights, versions))

    assert world.table() == replace(world.table(), weights=weights, interleaving=None, revision=table.revision + 2)


def test_what_is_so_already_is_not_asked_for_again(world: World) -> None:
    carry_out(world, Route({"champion": 100}, {"champion": "v1"}))

    assert world.table().revision == 0
    assert world.wire.calls[WEIGH] == 0


def test_while_the_endpoint_changes_the_table_is_written_and_the_rest_waits(world: World) -> None:
    carry_out(world, install())
    world.pass_seconds(30)
    carry_out(world, Route({"champion": 50, "challenger": 50}, BOTH))
    world.pass_seconds(30)
    world.maintain(600)

    with pytest.raises(EndpointBusy, match="SystemUpdating"):
        carry_out(world, Route({"champion": 100, "challenger": 0}, BOTH))
    with pytest.raises(EndpointBusy, match="SystemUpdating"):
        carry_out(world, install())

    assert world.table().weights == {"champion": 100, "challenger": 0}
    assert world.weights() == {"champion": 50, "challenger": 50}


def test_nobody_is_sent_nowhere(world: World) -> None:
    with pytest.raises(InvalidWeights, match="nowhere"):
        carry_out(world, install(champion=0, challenger=0))
    carry_out(world, install())
    world.pass_seconds(30)
    elsewhere = Route({"champion": 0, "challenger-2": 100}, {"champion": "v1", "challenger-2": "v3"})

    with pytest.raises(InvalidWeights, match="nowhere"):
        carry_out(world, elsewhere)

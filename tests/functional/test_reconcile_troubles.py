"""SageMaker refuses, fails, lacks instances and is maintained; people and deploys have their hands in it."""

import pytest

from sluice.domain.rollout.decision import EntryKind
from sluice.domain.rollout.rollout import Hold, Phase, Position, Verb
from tests.functional.release_world import ENDPOINT, MODEL, World, a_canary

PLAN = a_canary(50, minutes=1, bake_minutes=1)
ALONE = {"champion": "v1"}


def test_a_candidate_that_never_becomes_healthy_is_tried_three_times_and_given_up(world: World) -> None:
    world.broken.add("v2")
    rollout = world.start("v2", PLAN)

    over = world.run_until_over(rollout, most_minutes=30)

    assert (over.phase, world.contents(), world.weights()) == (Phase.ABORTED, ALONE, {"champion": 100})
    failures = [entry for entry in world.audit(rollout.id) if "ping health check" in entry.reason]
    assert len(failures) >= 3
    assert "could not be installed in 3 attempts" in world.services().incidents.list(MODEL)[0].title


def test_an_update_that_was_taken_back_without_a_word_is_noticed_and_asked_for_again(world: World) -> None:
    rollout = world.start("v2", PLAN)
    world.broken.add("v2")
    world.run(2)
    assert (world.endpoint().status.value, world.contents()) == ("InService", ALONE)
    world.broken.clear()

    over = world.run_until_over(rollout)

    assert over.phase is Phase.SUCCEEDED
    assert EntryKind.RETRIED in {entry.kind for entry in world.audit(rollout.id)}


def test_a_lack_of_instances_is_waited_for_longer_and_longer_and_never_given_up(world: World) -> None:
    rollout = world.start("v2", PLAN)
    world.refuse_capacity(6)

    world.run(30)
    waiting = world.rollout(rollout.id)
    assert (waiting.position, waiting.phase) == (Position.INSTALLING, Phase.PROGRESSING)
    assert waiting.trouble is not None
    assert waiting.trouble.is_capacity
    assert "no instances" in waiting.reason

    assert world.run_until_over(rollout).phase is Phase.SUCCEEDED


@pytest.mark.parametrize("minute", [1, 3, 5, 12])
def test_maintenance_by_aws_is_waited_out(world: World, minute: int) -> None:
    rollout = world.start("v2", PLAN)
    world.run(minute)
    if world.endpoint().status.value == "InService":
        world.maintain(600)

    over = world.run_until_over(rollout)

    assert (over.phase, world.contents()) == (Phase.SUCCEEDED, {"champion": "v2"})


def test_an_abort_during_maintenance_takes_callers_away_at_once_and_the_endpoint_follows(world: World) -> None:
    rollout = world.start("v2", a_canary(50, minutes=60))
    world.run(5)
    world.maintain(300)
    world.ring("challenger")

    world.look()

    assert world.table().weights == {"champion": 100, "challenger": 0}
    assert world.weights() == {"champion": 50, "challenger": 50}
    assert world.run_until_over(rollout).phase is Phase.ABORTED
    assert world.weights() == {"champion": 100}


def test_an_abort_is_over_only_when_the_weights_are_read_back(world: World) -> None:
    rollout = world.start("v2", a_canary(50, minutes=60))
    world.run(5)
    world.ring("challenger")
    world.wire.refuse("UpdateEndpointWeightsAndCapacities", "ValidationException", "Cannot update in-progress endpoint")

    world.look()
    assert world.weights() == {"champion": 50, "challenger": 50}
    assert world.rollout(rollout.id).position is Position.RETURNING
    world.run(1)
    assert world.rollout(rollout.id).position is Position.RETURNING
    world.run(1)

    assert world.weights()["champion"] == 100
    assert world.rollout(rollout.id).position is not Position.RETURNING


@pytest.mark.parametrize("minutes", [1, 3, 6])
def test_a_config_deleted_by_hand_at_any_time_stops_no_release(world: World, minutes: int) -> None:
    rollout = world.start("v2", PLAN)
    world.run(minutes)
    world.delete_config()

    over = world.run_until_over(rollout)

    assert (over.phase, world.contents()) == (Phase.SUCCEEDED, {"champion": "v2"})
    assert world.services().endpoints.has_config(world.endpoint().config.name)


def test_what_a_person_set_stays_until_they_say_go_on(world: World) -> None:
    rollout = world.start("v2", a_canary(10, 50, minutes=1, bake_minutes=1))
    world.run(5)
    world.weigh(champion=70, challenger=30)
    world.run(4)
    assert world.weights() == {"champion": 70, "challenger": 30}
    assert world.rollout(rollout.id).hold is Hold.HANDS

    world.command(Verb.RESUME)

    assert world.run_until_over(rollout).phase is Phase.SUCCEEDED


@pytest.mark.parametrize("minutes", [1, 2, 4, 12, 14])
def test_a_deploy_at_any_time_changes_the_shape_and_not_what_is_released(world: World, minutes: int) -> None:
    rollout = world.start("v2", PLAN)
    world.run(minutes)
    world.pass_seconds(20)
    world.stack.instance_type = "ml.g6.2xlarge"

    world.stack.deploy(champion="v1")

    over = world.run_until_over(rollout)
    assert (over.phase, world.contents()) == (Phase.SUCCEEDED, {"champion": "v2"})
    shapes = {variant["InstanceType"] for variant in world.endpoint().config.request["ProductionVariants"]}
    assert shapes == {"ml.g6.2xlarge"}


def test_a_deploy_that_fails_goes_back_to_what_was_released(world: World) -> None:
    world.run_until_over(world.start("v2", PLAN))
    config = world.stack.declare_config({"champion": "v1"})
    world.refuse_capacity()

    world.stack.update_endpoint(config)

    assert world.contents() == {"champion": "v2"}
    assert world.run(2)[-1].outcome == "nothing to release"


def test_a_second_rollout_waits_while_the_first_is_held(world: World) -> None:
    first = world.start("v2", a_canary(10, minutes=600))
    world.run(4)
    second = world.start("v3", PLAN)
    world.command(Verb.PAUSE, first.id)
    world.run(3)
    assert world.rollout(second.id).position is Position.QUEUED

    world.command(Verb.ABORT, first.id)
    over = world.run_until_over(second)

    assert (over.phase, world.contents()) == (Phase.SUCCEEDED, {"champion": "v3"})
    assert world.endpoint().name == ENDPOINT

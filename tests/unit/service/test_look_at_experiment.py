from collections.abc import Iterator
from datetime import timedelta

import pytest

from sluice.aws.item_store import ItemStore
from sluice.domain.errors import RoutingUnavailable
from sluice.domain.experiment.experiment import Mode, Phase
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.run import Run, Stop
from sluice.domain.feedback.bucket import bucket_of
from sluice.domain.feedback.cell import Cell
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.routing import Interleaving
from sluice.service.start_experiment import ExperimentRequest, start_experiment
from sluice.service.stop_experiment import everything_to_the_champion, stop_experiment
from tests.experiment_builders import earn
from tests.functional.release_clients import client
from tests.functional.release_world import MODEL, World, a_world

HALF = {"champion": 50, "challenger": 50}
BACK = {"champion": 100, "challenger": 0}


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Two versions are in service, all traffic is the champion's; each test's experiment ends with that again."""
    with a_world(champion="v1", challenger="v2") as made:
        yield made


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    yield shared
    shared.restart()
    run = newest(shared)
    if not run.is_over and run.stop is None:
        stop(shared, run)
    look_often(shared, 5)
    assert newest(shared).is_over
    assert shared.table().weights == BACK
    if shared.weights() != BACK:  # what a person took over stays on the endpoint
        shared.weigh(**BACK)
        shared.pass_seconds(60)
    assert shared.weights() == BACK


def newest(world: World) -> Run:
    return world.services().experiments.recent(MODEL, 1)[0]


def look_often(world: World, times: int = 3) -> None:
    for _ in range(times):
        world.look()
        world.pass_seconds(60)


def start(world: World, mode: Mode = Mode.FIXED) -> Run:
    there = world.services()
    is_duel = mode is Mode.INTERLEAVING
    request = ExperimentRequest(
        MODEL,
        {} if is_duel else HALF,
        Goal("booked"),
        "ada",
        "is it better?",
        mode=mode,
        variants=tuple(HALF) if is_duel else (),
        maturation_minutes=5,
        floor_percent=10,
    )
    return start_experiment(
        request,
        experiments=there.experiments,
        rollouts=there.rollouts,
        routings=there.routings,
        new_id=lambda now: f"{now:%Y%m%dT%H%M%S}-0000",
        now=world.clock.now(),
    )


def stop(world: World, run: Run) -> Run:
    decided = Stop("ada", "seen enough", everything_to_the_champion(run))
    return stop_experiment(run, decided, experiments=world.services().experiments, now=world.clock.now())


def put_rewards(world: World, run: Run, **rates: float) -> None:
    """In the five minutes of this moment, a hundred predictions of each variant earn so often."""
    items = ItemStore(client("dynamodb"), table="state", sleep=lambda _: None)
    for variant, rate in rates.items():
        table = world.table()
        chance = table.weights[variant] / 100
        cell = Cell(MODEL, variant, run.versions[variant], bucket_of(world.clock.now()), chance, table.revision)
        earn(items, cell, exposures=100, rewards={1: round(rate * 100)})


def test_an_experiment_divides_the_traffic_under_its_own_name_and_salt_until_it_is_stopped(world: World) -> None:
    run = start(world)

    look_often(world)

    begun, table = newest(world), world.table()
    assert begun.experiment.phase is Phase.RUNNING
    assert (table.weights, table.author, table.salt) == (HALF, f"experiment:{run.id}", run.id)
    assert world.weights() == HALF

    stop(world, begun)
    look_often(world)

    assert newest(world).experiment.phase is Phase.STOPPED
    assert world.weights() == BACK
    kinds = [entry.kind for entry in world.services().experiments.audit(MODEL, run.id)]
    assert kinds == [
        EntryKind.REQUESTED,
        EntryKind.STARTED,
        EntryKind.COMMANDED,
        EntryKind.SHIFTED,
        EntryKind.FINISHED,
    ]


def test_a_bandits_weights_follow_the_rewards_and_the_draw_is_in_the_audit(world: World) -> None:
    run = start(world, Mode.BANDIT)
    look_often(world)
    put_rewards(world, newest(world), champion=0.1, challenger=0.6)
    world.pass_seconds(15 * 60)

    look_often(world)

    moved = newest(world)
    assert moved.weights == {"champion": 10, "challenger": 90}
    assert world.table().weights == moved.weights
    entry = next(e for e in world.services().experiments.audit(MODEL, run.id) if "seed" in e.details)
    assert entry.details["propensities"] == {"champion": 0.1, "challenger": 0.9}
    assert entry.details["revision"] == world.table().revision
    assert entry.details["seed"] == f"{run.id}#1"


def test_a_bandit_without_new_rewards_writes_nothing(world: World) -> None:
    start(world, Mode.BANDIT)
    look_often(world)
    world.wire.calls.clear()

    for _ in range(3):
        world.pass_seconds(10 * 60)
        world.look()

    assert not world.wire.writes


def test_a_persons_weights_are_not_overridden(world: World) -> None:
    start(world, Mode.BANDIT)
    look_often(world)
    by_hand = world.table().with_weights({"champion": 100}, author="by hand")
    world.services().routings.put(by_hand)

    look_often(world)

    held = newest(world)
    assert held.experiment.phase is Phase.HELD
    assert "by hand set the routing table to champion 100" in held.reason
    assert world.table() == by_hand


def test_what_sagemaker_refuses_for_now_is_asked_for_again(world: World) -> None:
    start(world)
    world.wire.refuse("UpdateEndpointWeightsAndCapacities", "ValidationException", "Cannot update in-progress endpoint")

    first = world.look()
    look_often(world, 4)

    assert "in-progress" in first.outcome
    assert newest(world).experiment.phase is Phase.RUNNING
    assert world.weights() == HALF


def test_looks_at_a_running_experiment_cost_one_more_call(world: World) -> None:
    start(world)
    look_often(world)
    world.wire.calls.clear()

    world.look()

    assert sum(world.wire.calls.values()) <= 10
    assert world.clock.now() - newest(world).requested_at >= timedelta(minutes=3)


def test_interleaving_is_on_from_the_first_looks_until_it_is_stopped(world: World) -> None:
    run = start(world, Mode.INTERLEAVING)

    look_often(world)

    begun, on = newest(world), world.table()
    assert begun.experiment.phase is Phase.RUNNING
    assert (on.weights, on.interleaving, on.author) == (BACK, Interleaving("challenger"), f"experiment:{run.id}")

    stop(world, begun)
    look_often(world)

    assert newest(world).experiment.phase is Phase.STOPPED
    assert (world.table().weights, world.table().interleaving) == (BACK, None)
    entries = world.services().experiments.audit(MODEL, run.id)
    assert [entry.details.get("revision") for entry in entries if "interleaving" in entry.details] == [on.revision]


def test_interleaving_that_the_same_weights_by_hand_have_ended_is_not_begun_again(world: World) -> None:
    start(world, Mode.INTERLEAVING)
    look_often(world)
    by_hand = world.table().with_weights(BACK, author="by hand")
    world.services().routings.put(by_hand)

    look_often(world)

    assert newest(world).experiment.phase is Phase.HELD
    assert "ended the interleaving" in newest(world).reason
    assert world.table() == by_hand


def test_an_end_of_interleaving_that_was_lost_is_made_up_for(world: World) -> None:
    start(world, Mode.INTERLEAVING)
    look_often(world)
    keep = Stop("ada", "the traffic may stay", None)
    stop_experiment(newest(world), keep, experiments=world.services().experiments, now=world.clock.now())
    world.wire.refuse("PutItem", "ThrottlingException", "slow down")

    with pytest.raises(RoutingUnavailable):
        world.look()
    assert world.table().interleaving is not None
    look_often(world)

    assert newest(world).experiment.phase is Phase.STOPPED
    assert world.table().interleaving is None

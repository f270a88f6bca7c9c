from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sluice.aws.recorded_requests import RecordedRequests
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.domain.exchange import Exchange
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Verb
from sluice.domain.rollout.stage import Kind, Stage
from sluice.domain.routing import Routing
from sluice.service.reconcile import reconcile
from sluice.service.release_services import Services
from tests.functional.release_world import ENDPOINT, MODEL, World, a_canary

ALONE = {"champion": "v1"}
QUICK = a_canary(50, minutes=1, bake_minutes=1)
WEIGH = "UpdateEndpointWeightsAndCapacities"


def kinds(world: World, which: str) -> list[EntryKind]:
    return [entry.kind for entry in world.audit(which)]


def test_a_good_version_takes_the_champions_place(world: World) -> None:
    rollout = world.start("v2")

    over = world.run_until_over(rollout)

    assert (over.phase, world.contents(), world.weights()) == (Phase.SUCCEEDED, {"champion": "v2"}, {"champion": 100})
    assert (world.table().weights, world.table().versions) == ({"champion": 100}, {"champion": "v2"})
    assert kinds(world, rollout.id)[0] is EntryKind.REQUESTED
    assert kinds(world, rollout.id)[-1] is EntryKind.FINISHED
    assert EntryKind.PROMOTED in kinds(world, rollout.id)


def test_a_bad_version_is_taken_back_on_evidence_and_an_incident_tells_of_it(world: World) -> None:
    world.traffic.error_rates["v2"] = 0.2
    rollout = world.start("v2")

    over = world.run_until_over(rollout)

    assert (over.phase, world.contents()) == (Phase.ABORTED, ALONE)
    (incident,) = world.services().incidents.list(MODEL)
    assert incident.rollout_id == rollout.id
    assert "of the challenger" in incident.title
    assert incident.evidence["findings"]["evidence"]["verdict"] == "fail"
    assert len(world.wire.ops_items) == 1


def test_an_alarm_of_the_candidates_slot_takes_its_traffic_away_within_one_look(world: World) -> None:
    world.start("v2")
    world.run(5)
    world.ring("challenger")

    world.look()

    assert world.table().weights == {"champion": 100, "challenger": 0}
    world.pass_seconds(10)
    assert world.weights() == {"champion": 100, "challenger": 0}


def test_an_alarm_that_a_mute_rule_silences_is_not_heard(world: World) -> None:
    world.start("v2")
    world.run(5)
    world.ring("challenger")
    world.wire.muted = True

    world.run(1)

    assert world.table().weights["challenger"] > 0


def test_what_got_worse_after_promotion_is_rolled_back(world: World) -> None:
    rollout = world.start("v2", a_canary(50, bake_minutes=30, holdback_percent=10))
    world.run(15)
    assert world.rollout(rollout.id).position is Position.BAKING
    world.traffic.error_rates["v2"] = 0.05

    over = world.run_until_over(rollout, most_minutes=20)

    assert (over.phase, world.contents(), world.table().versions) == (Phase.ABORTED, ALONE, ALONE)


def test_requests_are_shadowed_before_the_candidate_answers_anybody(world: World) -> None:
    plan = Plan("shadow", (Stage(Kind.SHADOW, 0, 3), Stage(Kind.WEIGHT, 50, 2)), Bake(2, 5))
    rollout = world.start("v2", plan)

    world.run(4)

    assert world.contents() == {"champion": "v1", "shadow": "v2"}
    assert world.table().weights == {"champion": 100}
    over = world.run_until_over(rollout)
    assert (over.phase, world.contents()) == (Phase.SUCCEEDED, {"champion": "v2"})


def test_an_idle_endpoint_is_only_looked_at(world: World) -> None:
    world.wire.calls.clear()

    look = world.look()

    assert (look.outcome, look.decision, sum(world.wire.writes.values())) == ("nothing to release", None, 0)


def test_what_is_not_deployed_is_left_alone(world: World) -> None:
    assert reconcile("churn", world.services(), now=world.clock.now()).outcome == "not deployed"


def test_a_deployment_whose_endpoint_is_gone_is_left_alone(world: World) -> None:
    world.hosting.delete(ENDPOINT)
    world.hosting.elapse()
    world.clock.at += timedelta(minutes=1)
    world.hosting.elapse()

    assert world.look().outcome == "not deployed"


def test_two_rollouts_asked_for_at_once_take_turns(world: World) -> None:
    first = world.start("v2", QUICK)
    second = world.start("v3", QUICK)

    world.run_until_over(first)

    assert world.rollout(second.id).position is Position.QUEUED
    over = world.run_until_over(second)
    assert (over.phase, over.previous.version, world.contents()) == (Phase.SUCCEEDED, "v2", {"champion": "v3"})


def test_weights_set_by_hand_stop_automation(world: World) -> None:
    rollout = world.start("v2")
    world.run(5)
    world.weigh(champion=70, challenger=30)
    world.pass_seconds(10)

    world.run(3)

    held = world.rollout(rollout.id)
    assert (held.phase, held.hold, world.weights()) == (Phase.PAUSED, Hold.HANDS, {"champion": 70, "challenger": 30})


def test_a_person_has_their_way(world: World) -> None:
    rollout = world.start("v2", a_canary(10, minutes=600))
    world.run(4)
    world.command(Verb.ABORT)

    over = world.run_until_over(rollout)

    assert (over.phase, world.contents()) == (Phase.ABORTED, ALONE)
    assert "ann" in {entry.actor for entry in world.audit(rollout.id)}


def test_instances_that_are_lacking_are_waited_for(world: World) -> None:
    rollout = world.start("v2", QUICK)
    world.refuse_capacity(4)

    over = world.run_until_over(rollout)

    assert over.phase is Phase.SUCCEEDED


def test_a_quota_that_refuses_at_once_is_recorded_as_trouble(world: World) -> None:
    rollout = world.start("v2")
    world.wire.refuse("UpdateEndpoint", "ResourceLimitExceeded", "The account-level service limit is 0 Instances.")
    world.pass_minute()

    look = world.look()

    trouble = world.rollout(rollout.id).trouble
    assert trouble is not None
    assert trouble.is_capacity
    assert "service limit" in trouble.reason
    assert world.audit(rollout.id)[-1].kind is EntryKind.WAITED
    assert "instances" in look.outcome


def test_an_endpoint_that_became_busy_is_asked_again(world: World) -> None:
    rollout = world.start("v2", QUICK)
    world.wire.refuse("UpdateEndpoint", "ValidationException", 'Cannot update in-progress endpoint "arn".')
    world.pass_minute()

    assert "in-progress" in world.look().outcome

    assert world.run_until_over(rollout).phase is Phase.SUCCEEDED


def test_a_look_waits_for_the_one_that_holds_the_lease(world: World) -> None:
    rollout = world.start("v2")
    services, now = world.services(), world.clock.now()
    services.lease.acquire(MODEL, "somebody", now=now, seconds=30)

    look = world.look()

    assert look.outcome == "another look is changing the endpoint of flights"
    assert world.rollout(rollout.id).position is Position.QUEUED
    world.run(1)
    assert world.rollout(rollout.id).position is Position.INSTALLING


class Raced(RoutingStore):
    """Somebody else writes the routing table between our read and our write."""

    def __init__(self, store: RoutingStore) -> None:
        self._store = store

    def get(self, model: str) -> Routing | None:
        found = self._store.get(model)
        if found is not None:
            self._store.put(replace(found, revision=found.revision + 1))
        return found

    def put(self, routing: Routing) -> None:
        self._store.put(routing)


def test_a_look_that_was_overtaken_changes_nothing_more(world: World) -> None:
    world.start("v2")
    world.run(2)
    services = world.services()
    raced: Services = replace(services, routings=Raced(services.routings))
    world.pass_minute()

    look = reconcile(MODEL, raced, now=world.clock.now())

    assert look.outcome.startswith("overtaken")
    assert world.weights() == {"champion": 100, "challenger": 0}


class ChangedSince(Rollouts):
    """The record has been written by somebody else since it was listed."""

    def get(self, model: str, rollout_id: str) -> Rollout | None:
        found = super().get(model, rollout_id)
        return replace(found, revision=found.revision + 1) if found else None


def test_an_effect_is_not_asked_for_again_when_the_record_has_changed_since(world: World) -> None:
    world.start("v2")
    world.run(2)
    world.wire.refuse(WEIGH, "ValidationException", 'Cannot update in-progress endpoint "arn".', times=2)
    world.run(2)
    services, asked = world.services(), world.wire.calls[f"sagemaker.{WEIGH}"]
    changed = ChangedSince(services.rollouts._client, table="state")

    look = reconcile(MODEL, replace(services, rollouts=changed), now=world.clock.now())

    assert look.outcome.startswith("overtaken")
    assert world.wire.calls[f"sagemaker.{WEIGH}"] == asked
    world.run(2)
    assert world.weights() == {"champion": 90, "challenger": 10}


def test_a_config_deleted_by_hand_is_made_anew_and_the_rollout_goes_on(world: World) -> None:
    rollout = world.start("v2", QUICK)
    world.run(3)
    name = world.endpoint().config.name
    world.delete_config()
    world.restart()

    look = world.look()

    assert look.outcome == f"{name} was deleted by hand, and is made anew"
    assert world.services().endpoints.has_config(name)
    assert EntryKind.HEALED in kinds(world, rollout.id)
    assert world.run_until_over(rollout).phase is Phase.SUCCEEDED


def test_a_config_deleted_while_nothing_is_released_is_an_incident(world: World) -> None:
    name = world.endpoint().config.name
    world.delete_config()

    look = world.look()

    assert look.incident is not None
    assert name in look.incident.title
    assert world.services().endpoints.has_config(name)
    assert world.look().outcome == "nothing to release"


def test_an_alarm_of_the_champion_while_nothing_is_released_is_one_incident(world: World) -> None:
    world.ring("champion")

    looks = world.run(3)

    assert [look.incident is not None for look in looks] == [True, False, False]
    world.wire.calls.clear()
    world.look()
    assert not [call for call in world.wire.calls if call.startswith("s3.")]  # what was told of needs no examples
    world.ring("champion", state="OK")
    world.run(1)
    world.ring("champion")
    assert world.run(1)[0].incident is not None
    assert len(world.wire.ops_items) == 2


def test_something_put_into_a_slot_by_hand_while_nothing_is_released_is_one_incident(world: World) -> None:
    world.run_until_over(world.start("v2", QUICK))
    assert world.look().outcome == "nothing to release"
    world.put_by_hand("champion", "v9")

    during, *looks = world.run(3)

    assert [look.incident is not None for look in (during, *looks)].count(True) == 1
    told = next(look.incident for look in (during, *looks) if look.incident)
    assert told.title == "flights: somebody put s3://models/v9/model.tar.gz into the slot champion"
    assert "version v2" in told.what_changed


def test_an_alarm_of_a_slot_without_callers_and_a_change_under_way_are_no_incidents_at_rest(world: World) -> None:
    world.stack.deploy(champion="v1", challenger="v2")
    world.ring("challenger")

    assert world.look().outcome == "nothing to release"
    world.maintain(60)
    assert world.look().outcome == "nothing to release"


def test_a_stage_is_not_passed_while_metrics_cannot_be_read(world: World) -> None:
    rollout = world.start("v2", a_canary(10, 50, minutes=2))
    world.run(6)
    before = world.rollout(rollout.id)
    nothing: Any = object()  # whatever is asked of it raises AttributeError
    blind = replace(world.services(), counts=nothing)

    for _ in range(10):
        world.pass_minute()
        reconcile(MODEL, blind, now=world.clock.now())

    assert world.rollout(rollout.id) == before
    assert world.run_until_over(rollout).phase is Phase.SUCCEEDED


def test_weights_that_sagemaker_refuses_for_ever_are_an_incident_once(world: World) -> None:
    rollout = world.start("v2", a_canary(50, minutes=60))
    world.run(5)
    world.ring("challenger")
    world.wire.refuse(WEIGH, "ValidationException", "The endpoint is in UpdateRollbackFailed", times=99)

    looks = world.run(20)

    assert [look.incident.title for look in looks if look.incident and "stuck" in look.incident.title] != []
    assert sum(look.incident is not None for look in looks) == 2  # the abort, and that it does not come about
    assert world.table().weights["champion"] == 100
    waits = [entry for entry in world.audit(rollout.id) if entry.kind is EntryKind.WAITED]
    assert len(waits) == 2


def test_without_ops_items_incidents_are_records_only(world: World) -> None:
    services = replace(world.services(), ops_items=None)
    world.ring("champion")

    look = reconcile(MODEL, services, now=world.clock.now())

    assert look.incident is not None
    assert world.wire.ops_items == []


def test_an_abort_without_ops_items_is_an_incident_all_the_same(world: World) -> None:
    world.start("v2")
    world.run(5)
    world.ring("challenger")

    look = reconcile(MODEL, replace(world.services(), ops_items=None), now=world.clock.now())

    assert look.incident is not None
    assert world.services().incidents.get(MODEL, look.incident.id) == look.incident


def test_recorded_requests_are_put_to_the_candidate_once(world: World) -> None:
    for number in range(4):
        world.record_request(f"p-{number}")
    plan = Plan("blue_green", (Stage(Kind.PREVIEW), Stage(Kind.WEIGHT, 100, 1)), Bake(1, 0))
    rollout = world.start("v2", plan)

    over = world.run_until_over(rollout)

    assert over.phase is Phase.SUCCEEDED
    assert world.runtime.asked == ["challenger"] * 4


def test_without_recorded_requests_a_person_decides(world: World) -> None:
    plan = Plan("blue_green", (Stage(Kind.PREVIEW), Stage(Kind.WEIGHT, 100, 1)), Bake(1, 0))
    rollout = world.start("v2", plan)

    world.run(8)

    held = world.rollout(rollout.id)
    assert (held.phase, held.hold) == (Phase.PAUSED, Hold.UNDECIDED)
    assert "no recorded requests" in (held.held_because or "")
    world.record_request("p-1")
    world.command(Verb.RESUME)
    assert world.run_until_over(rollout).phase is Phase.SUCCEEDED


def test_the_stack_can_be_deployed_in_the_middle_of_a_release(world: World) -> None:
    rollout = world.start("v2")
    world.run(5)
    world.stack.instance_type = "ml.g6.2xlarge"

    world.stack.deploy(champion="v1")
    over = world.run_until_over(rollout)

    assert (over.phase, world.contents()) == (Phase.SUCCEEDED, {"champion": "v2"})
    assert {spec["InstanceType"] for spec in world.endpoint().config.request["ProductionVariants"]} == {"ml.g6.2xlarge"}


@pytest.mark.parametrize("kind", [Kind.PREVIEW, Kind.WEIGHT])
def test_an_abort_is_obeyed_while_nothing_can_be_learned(world: World, kind: Kind) -> None:
    stages = (Stage(Kind.PREVIEW), Stage(Kind.WEIGHT, 50, 60)) if kind is Kind.PREVIEW else (Stage(kind, 50, 60),)
    rollout = world.start("v2", Plan("canary", stages, Bake(1, 5)))
    world.run(6)
    services = world.services()
    nothing: Any = object()  # whatever is asked of it raises AttributeError
    blind = replace(services, counts=nothing, recorded=NoRequests(nothing, uri=""), rewards=nothing)
    world.command(Verb.ABORT)

    look = reconcile(MODEL, blind, now=world.clock.now())

    assert look.decision is not None
    assert EntryKind.ABORTED in kinds(world, rollout.id)
    assert world.table().weights.get("challenger", 0) == 0


class NoRequests(RecordedRequests):
    """S3 does not answer; examples are an illustration that nothing waits for."""

    def examples(self, *_: Any, **__: Any) -> list[Exchange]:
        return []


def test_a_config_of_which_no_record_tells_everything_is_an_incident_once_and_not_guessed(world: World) -> None:
    world.run_until_over(world.start("v2", QUICK))
    store, table = world.services().routings, world.table()
    store.put(replace(table, versions={"champion": "v7"}, revision=table.revision + 1))
    name = world.endpoint().config.name
    world.delete_config()

    first, second = world.look(), world.look()

    assert first.incident is not None
    assert second.incident is None
    assert "no record tells" in first.outcome
    assert not world.services().endpoints.has_config(name)
    assert len(world.wire.ops_items) == 1


def test_an_ops_item_is_opened_even_if_the_change_it_tells_of_fails(world: World) -> None:
    world.start("v2")
    world.run(5)
    world.ring("challenger")

    class Unwritable(Raced):
        """The routing table can be read."""

        def get(self, model: str) -> Routing | None:
            return self._store.get(model)

        def put(self, routing: Routing) -> None:  # noqa: ARG002
            raise RuntimeError("DynamoDB is away")

    services = world.services()
    with pytest.raises(RuntimeError, match="away"):
        reconcile(MODEL, replace(services, routings=Unwritable(services.routings)), now=world.clock.now())

    assert len(world.wire.ops_items) == 1

from dataclasses import replace

from sluice.domain.rollout.decision import Decision, Entry, EntryKind, Nothing
from sluice.domain.rollout.rollout import Phase, Position
from sluice.service.observe import observe
from sluice.service.open_incident import incident_of_rollout
from tests.functional.release_world import MODEL, World, a_canary


def test_an_incident_tells_what_changed_on_which_evidence_and_who_decided(world: World) -> None:
    world.start("v2")
    world.run(5)
    world.record_request("p-1", variant="challenger")
    world.record_request("p-2", variant="challenger")
    world.ring("challenger")

    incident = world.look().incident

    assert incident is not None
    assert "version v2 is taken back: alarm sluice-flights-challenger-errors" in incident.title
    assert "version v2 was to take the place of v1, by the plan canary" in incident.what_changed
    assert "asked for by ann" in incident.what_changed
    assert incident.alarms == ("sluice-flights-challenger-errors",)
    assert incident.decided_by == "sluice-flights-challenger-errors"
    assert set(incident.prediction_ids) == {"p-1", "p-2"}


def test_an_incident_says_how_to_see_it_again(world: World) -> None:
    world.start("v2")
    world.run(5)
    world.record_request("p-1", variant="challenger")
    world.ring("challenger")

    incident = world.look().incident

    assert incident is not None
    assert incident.replay == f"sluice incident replay {incident.id} --model flights"
    assert (incident.prediction_ids, incident.variant) == (("p-1",), "challenger")


def examples_of_an_abort_after_the_swap(world: World, *recorded: tuple[str, str, str | None]) -> tuple[str, ...]:
    """Recorded are the prediction's id, the slot that was asked, and the version that it served then."""
    rollout = world.start("v2", a_canary(50, minutes=1, bake_minutes=30))
    while world.rollout(rollout.id).position is not Position.BAKING:
        world.run(1)
    for prediction_id, slot, version in recorded:
        world.record_request(prediction_id, variant=slot, version=version)
    world.ring("champion")
    incident = world.look().incident
    assert incident is not None
    assert "version v2 is taken back" in incident.title
    return incident.prediction_ids


def test_after_a_swap_examples_are_those_of_the_version_and_not_those_of_its_slot(world: World) -> None:
    recorded = ("old", "champion", "v1"), ("new", "champion", "v2"), ("other", "champion", None)

    assert set(examples_of_an_abort_after_the_swap(world, *recorded)) == {"new", "other"}


def test_just_after_a_swap_examples_are_found_where_the_version_was_before(world: World) -> None:
    recorded = ("old", "champion", "v1"), ("new", "challenger", "v2"), ("other", "challenger", None)

    assert examples_of_an_abort_after_the_swap(world, *recorded) == ("new",)


def test_without_captures_an_incident_says_so(world: World) -> None:
    world.ring("champion")

    incident = world.look().incident

    assert incident is not None
    assert incident.prediction_ids == ()
    assert incident.replay.startswith("no request to this variant is recorded")
    assert incident.what_changed == "nothing is being released; champion serves version v1"


def test_a_decision_without_an_entry_is_told_by_its_record(world: World) -> None:
    rollout = replace(world.start("v2"), phase=Phase.PAUSED, position=Position.INSTALLING, reason="as it is")
    sight = observe(MODEL, world.services(), [])
    assert sight is not None
    decision = Decision(rollout, Nothing(), None, None, opens_incident=True)

    incident = incident_of_rollout(decision, rollout, sight, world.services(), now=world.clock.now())

    assert (incident.title, incident.decided_by) == ("flights: version v2 is held: as it is", "controller")


def test_a_decision_with_an_entry_is_told_by_it(world: World) -> None:
    rollout = world.start("v2")
    sight = observe(MODEL, world.services(), [])
    assert sight is not None
    entry = Entry(EntryKind.HELD, "bob", "enough", world.clock.now())

    incident = incident_of_rollout(
        Decision(rollout, Nothing(), entry, None), rollout, sight, world.services(), now=world.clock.now()
    )

    assert (incident.title, incident.decided_by) == ("flights: version v2 is taken back: enough", "bob")

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from sluice.aws.rollouts import Rollouts, active_of
from sluice.domain.errors import StaleWrite
from sluice.domain.incident import Incident
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.rollout import Phase, Position, Rollout
from tests.functional.release_clients import controllers_client
from tests.functional.release_world import MODEL, T0, World, artifact

ENTRY = Entry(EntryKind.HELD, "ann", "enough", T0, {"weights": {"champion": 100}})


def test_a_rollout_is_read_as_it_was_written_and_its_writes_are_counted(world: World) -> None:
    rollouts, asked = world.services().rollouts, world.start("v2")

    held = rollouts.put(replace(asked, phase=Phase.PAUSED), ENTRY)

    assert rollouts.get(MODEL, asked.id) == held
    assert (held.revision, held.sequence) == (2, 2)
    assert rollouts.audit(MODEL, asked.id)[-1] == ENTRY


def test_counts_alone_are_written_without_a_line_in_the_audit(world: World) -> None:
    rollouts, asked = world.services().rollouts, world.start("v2")

    counted = rollouts.put(replace(asked, reason="counted"))

    assert (counted.revision, counted.sequence, len(rollouts.audit(MODEL, asked.id))) == (2, 1, 1)


def test_who_writes_on_top_of_something_else_is_told_and_nothing_is_written(world: World) -> None:
    rollouts, asked = world.services().rollouts, world.start("v2")
    rollouts.put(replace(asked, reason="first"), ENTRY)

    with pytest.raises(StaleWrite, match="was changed by somebody else"):
        rollouts.put(replace(asked, reason="second"), ENTRY)

    assert len(rollouts.audit(MODEL, asked.id)) == 2


def test_a_write_whose_answer_was_lost_can_be_repeated(world: World) -> None:
    rollouts, asked = world.services().rollouts, world.start("v2")
    world.wire.lose_answer_at(1)
    with pytest.raises(ReadTimeoutError):
        rollouts.put(replace(asked, reason="again"), ENTRY)

    again = rollouts.put(replace(asked, reason="again"), ENTRY)

    assert rollouts.get(MODEL, asked.id) == again
    assert len(rollouts.audit(MODEL, asked.id)) == 2


def test_an_incident_is_written_with_the_decision_that_opened_it_or_not_at_all(world: World) -> None:
    services, asked = world.services(), world.start("v2")
    incident = Incident("i-1", MODEL, "title", T0, "what", "how", "controller", rollout_id=asked.id)
    with pytest.raises(StaleWrite):
        services.rollouts.put(replace(asked, revision=7), ENTRY, incident=incident)
    assert services.incidents.list(MODEL) == []

    services.rollouts.put(asked, ENTRY, incident=incident)

    assert services.incidents.list(MODEL) == [incident]


def test_who_lost_the_lease_writes_nothing(world: World) -> None:
    services, asked = world.services(), world.start("v2")
    fence = services.lease.acquire(MODEL, "slow", now=T0, seconds=50)
    services.lease.acquire(MODEL, "next", now=T0 + timedelta(seconds=51), seconds=50)

    with pytest.raises(StaleWrite):
        services.rollouts.put(asked, ENTRY, fence=fence)

    assert services.rollouts.get(MODEL, asked.id) == asked


def test_rollouts_are_listed_newest_first_and_the_one_under_way_is_found(world: World) -> None:
    first = world.start("v2")
    world.clock.at += timedelta(minutes=1)
    second = world.start("v3")
    rollouts = world.services().rollouts

    assert rollouts.recent(MODEL) == [second, first]
    assert rollouts.recent(MODEL, limit=1) == [second]
    assert rollouts.active(MODEL) == first
    assert rollouts.active("churn") is None
    assert rollouts.get(MODEL, "another") is None


def test_a_rollout_that_has_begun_goes_before_one_whose_id_sorts_first(world: World) -> None:
    begun: Rollout = replace(world.start("v2"), position=Position.STAGE, phase=Phase.PROGRESSING)
    earlier = replace(begun, id="20200101T000000-0000", position=Position.QUEUED, requested_at=T0 - timedelta(days=9))

    assert active_of([begun, earlier]) == begun
    assert active_of([replace(begun, phase=Phase.SUCCEEDED), earlier]) == earlier
    assert active_of([]) is None


def test_a_long_audit_is_read_to_its_end(world: World) -> None:
    rollouts = Rollouts(controllers_client("dynamodb"), table="state")
    rollout = world.start("v2")
    long = replace(ENTRY, details={"numbers": "x" * 100_000})
    for _ in range(14):
        rollout = rollouts.put(rollout, long)

    assert len(rollouts.audit(MODEL, rollout.id)) == 15
    assert rollout.candidate.artifact == artifact("v2")

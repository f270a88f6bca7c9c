"""What people ask for is done first, or they are told why not."""

from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Trouble, Verb
from sluice.domain.shadow.shadowed import Shadowed
from tests.rollout_builders import (
    T0,
    a_command,
    a_rollout,
    alone,
    an_alarm,
    as_wanted,
    contents,
    minutes,
    observed,
    queued,
)


def obeyed(verb: Verb, rollout: Rollout, seen: Observed | None = None) -> Decision:
    """What comes of a command ten minutes after T0."""
    told = replace(rollout, command=a_command(verb))
    world = seen or (as_wanted(rollout) if rollout.slots else alone())
    return advance(told, world, RolloutFindings(), now=minutes(10))


def held(hold: Hold, position: Position = Position.STAGE, **changes: Any) -> Rollout:
    """Paused at 5 percent, unless elsewhere."""
    return a_rollout(position, phase=Phase.PAUSED, hold=hold, held_because="because", **changes)


def test_a_pause_leaves_traffic_as_it_is() -> None:
    decision = obeyed(Verb.PAUSE, a_rollout())

    assert (decision.rollout.phase, decision.rollout.hold) == (Phase.PAUSED, Hold.PERSON)
    assert decision.rollout.weights == {"champion": 95, "challenger": 5}
    assert decision.effect == Nothing()
    assert decision.rollout.decided_by == "bob"
    assert decision.rollout.held_because == "bob said pause: I looked at it"


@pytest.mark.parametrize(
    ("verb", "rollout", "why"),
    [
        (Verb.PAUSE, queued(), "it is queued, which is not stopped half-way"),
        (Verb.PAUSE, a_rollout(Position.SWAPPING), "it is swapping, which is not stopped half-way"),
        (Verb.PAUSE, a_rollout(Position.RETURNING), "it is returning, which is not stopped half-way"),
        (Verb.PAUSE, held(Hold.PERSON), "it is paused already: because"),
        (Verb.RESUME, a_rollout(), "it is not paused, but progressing"),
        (Verb.PROMOTE, a_rollout(Position.INSTALLING), "it is installing: there is nothing to decide"),
        (Verb.ABORT, a_rollout(Position.RETURNING), "it is on its way back already"),
    ],
)
def test_what_cannot_be_obeyed_is_said_on_record_and_changes_nothing(verb: Verb, rollout: Rollout, why: str) -> None:
    decision = obeyed(verb, rollout)

    assert decision.rollout == rollout
    assert decision.entry is not None
    assert (decision.entry.kind, decision.entry.actor) == (EntryKind.COMMANDED, "bob")
    assert decision.entry.reason == f"{verb} cannot be obeyed: {why}"


def test_resume_starts_the_stage_anew_where_it_was() -> None:
    decision = obeyed(Verb.RESUME, held(Hold.PERSON))

    assert (decision.rollout.phase, decision.rollout.position) == (Phase.PROGRESSING, Position.STAGE)
    assert decision.rollout.since == minutes(10)
    assert not decision.rollout.is_settled
    assert (decision.rollout.hold, decision.rollout.held_because, decision.rollout.command) == (None, None, None)


def test_resume_puts_back_weights_that_were_set_by_hand() -> None:
    rollout = held(Hold.HANDS, is_settled=False, settled_at=None)
    by_hand = observed(rollout.slots, {"champion": 60, "challenger": 40}, author="carol")

    decision = obeyed(Verb.RESUME, rollout, by_hand)
    then = advance(decision.rollout, by_hand, RolloutFindings(), now=minutes(11))

    wanted = Route({"champion": 95, "challenger": 5}, {"champion": "1", "challenger": "2"})
    assert decision.effect == then.effect == wanted


def test_resume_installs_the_candidate_again_when_something_else_was_put_into_its_slot() -> None:
    rollout = held(Hold.HANDS)
    by_hand = observed({"champion": "1", "challenger": "9"}, {"champion": 95, "challenger": 5})

    decision = obeyed(Verb.RESUME, rollout, by_hand)

    assert decision.rollout.position is Position.CLEARING
    assert isinstance(decision.effect, Route)


def test_resume_while_baking_swaps_again_when_slots_are_not_as_they_were() -> None:
    rollout = held(Hold.HANDS, Position.BAKING)

    decision = obeyed(Verb.RESUME, rollout, observed({"champion": "2"}, {"champion": 100}))

    assert decision.rollout.position is Position.SWAPPING
    assert isinstance(decision.effect, Serve)


def test_resume_of_a_release_that_could_not_be_undone_goes_on_undoing_it() -> None:
    trouble = Trouble("no", 3, T0, is_capacity=False)
    rollout = held(Hold.TROUBLE, Position.RESTORING, trouble=trouble, promoted_at=T0)

    decision = obeyed(Verb.RESUME, rollout, observed({"champion": "2", "challenger": "1"}, {"challenger": 100}))

    assert decision.rollout.position is Position.RETURNING
    assert decision.rollout.trouble is None
    assert not decision.opens_incident


def test_resume_of_an_undecided_release_gives_it_another_horizon_and_keeps_what_was_counted() -> None:
    decision = obeyed(Verb.RESUME, held(Hold.UNDECIDED))

    assert decision.rollout.compared_since == minutes(10)
    assert decision.rollout.evidence.epochs


def test_resume_after_a_mismatch_counts_anew() -> None:
    rollout = held(Hold.MISMATCH)
    compared = replace(rollout.evidence, shadowed=Shadowed(checked=3))

    decision = obeyed(Verb.RESUME, replace(rollout, evidence=compared))

    assert decision.rollout.compared_since is None
    assert (decision.rollout.evidence.epochs, decision.rollout.evidence.shadowed) == ((), None)


def test_promote_goes_on_to_the_next_stage_whatever_it_waits_for() -> None:
    decision = obeyed(Verb.PROMOTE, a_rollout())

    assert decision.rollout.weights == {"champion": 50, "challenger": 50}
    assert decision.rollout.decided_by == "bob"


def test_promote_past_a_hold_goes_on() -> None:
    decision = obeyed(Verb.PROMOTE, held(Hold.UNDECIDED))

    assert (decision.rollout.phase, decision.rollout.stage) == (Phase.PROGRESSING, 1)


def test_promote_at_the_last_stage_promotes_the_candidate() -> None:
    last = a_rollout(stage=2, weights={"champion": 0, "challenger": 100})

    decision = obeyed(Verb.PROMOTE, last)

    assert decision.rollout.position is Position.SWAPPING
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.PROMOTED


def test_promote_while_baking_ends_the_bake() -> None:
    decision = obeyed(Verb.PROMOTE, a_rollout(Position.BAKING))

    assert decision.rollout.position is Position.RETIRING
    assert not decision.rollout.is_aborting
    assert decision.effect == Route({"champion": 100, "challenger": 0}, {"champion": "2", "challenger": "1"})


def test_promote_past_trouble_of_the_endpoint_tries_again() -> None:
    trouble = Trouble("no", 3, T0, is_capacity=False)

    decision = obeyed(Verb.PROMOTE, held(Hold.TROUBLE, Position.SWAPPING, trouble=trouble), alone())

    assert decision.rollout.position is Position.SWAPPING
    assert isinstance(decision.effect, Serve)
    assert decision.rollout.trouble is not None
    assert decision.rollout.trouble.attempts == 1


def test_abort_sends_all_traffic_back_in_one_call_and_opens_an_incident() -> None:
    decision = obeyed(Verb.ABORT, a_rollout())

    assert decision.rollout.position is Position.RETURNING
    assert decision.effect == Route({"champion": 100, "challenger": 0}, {"champion": "1", "challenger": "2"})
    assert decision.opens_incident
    assert decision.entry is not None
    assert (decision.entry.kind, decision.entry.actor) == (EntryKind.ABORTED, "bob")


def test_abort_of_a_queued_release_ends_it_and_touches_nothing() -> None:
    decision = obeyed(Verb.ABORT, queued(), alone())

    assert (decision.rollout.phase, decision.effect) == (Phase.ABORTED, Nothing())
    assert not decision.opens_incident


def test_abort_past_the_bake_installs_the_previous_version_again() -> None:
    retiring = a_rollout(Position.RETIRING, promoted_at=T0)

    decision = obeyed(Verb.ABORT, retiring)

    assert decision.rollout.position is Position.RESTORING
    assert decision.effect == Serve(contents({"champion": "1"}), {"champion": 100})


def test_an_update_that_a_command_asks_for_waits_until_the_endpoint_is_free() -> None:
    rollout = held(Hold.TROUBLE, Position.INSTALLING, trouble=Trouble("no", 3, T0, is_capacity=False))

    decision = obeyed(Verb.RESUME, rollout, alone(is_changing=True, status="SystemUpdating"))

    assert decision.effect == Nothing()
    assert decision.rollout.trouble is None


def test_abort_while_the_previous_version_is_being_taken_down_sends_nobody_to_it() -> None:
    retiring = a_rollout(Position.RETIRING, promoted_at=T0)
    under_way = observed({"champion": "2", "challenger": "1"}, {"champion": 100}, is_changing=True)

    decision = obeyed(Verb.ABORT, retiring, under_way)

    assert (decision.rollout.position, decision.rollout.slots) == (Position.RESTORING, {"champion": "1"})
    assert decision.effect == Nothing()


@pytest.mark.parametrize(("position", "slot"), [(Position.STAGE, "challenger"), (Position.BAKING, "champion")])
def test_nothing_is_promoted_while_an_alarm_of_the_candidate_rings(position: Position, slot: str) -> None:
    rollout = a_rollout(position)

    decision = obeyed(Verb.PROMOTE, rollout, as_wanted(rollout, alarms=(an_alarm(slot),)))

    assert (decision.rollout, decision.effect) == (rollout, Nothing())
    assert decision.entry is not None
    assert decision.entry.reason == (
        f"promote cannot be obeyed: alarm sluice-flights-{slot} of the {slot}: 20 % errors. "
        "Abort, or mute the alarm first"
    )

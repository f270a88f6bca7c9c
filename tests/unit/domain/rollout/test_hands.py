"""What people changed by hand is left alone; what only looks like it is not taken for theirs."""

from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, Nothing, Route
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Seen
from tests.rollout_builders import T0, a_rollout, an_alarm, as_wanted, contents, found, minutes, observed

BOTH = {"champion": "1", "challenger": "2"}


def look(rollout: Rollout, seen: Observed, findings: RolloutFindings | None = None) -> Decision:
    """A minute after T0."""
    return advance(rollout, seen, findings or RolloutFindings(), now=minutes(1))


def unsettled(**changes: Any) -> Rollout:
    """On its way from 5 to 50 percent: decided, and not seen in effect yet."""
    rollout = a_rollout(weights={"champion": 50, "challenger": 50}, is_settled=False, settled_at=None, stage=1)
    return replace(rollout, before={"champion": 95, "challenger": 5}, **changes)


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (
            observed(BOTH, {"champion": 60, "challenger": 40}, author="carol"),
            "carol set the routing table to champion 60, challenger 40; the rollout wants champion 95, challenger 5",
        ),
        (
            observed({"champion": "1", "challenger": "3"}, {"champion": 95, "challenger": 5}, author=""),
            "somebody set the routing table to champion 95, challenger 5",
        ),
        (
            as_wanted(a_rollout(), weights={"champion": 60.0, "challenger": 40.0}),
            "somebody set the endpoint's weights to champion 60, challenger 40",
        ),
        (
            as_wanted(a_rollout(), weights={"champion": 0.0, "challenger": 0.0}),
            "somebody set the endpoint's weights to champion 0, challenger 0",
        ),
        (
            as_wanted(a_rollout(), artifacts=contents({"champion": "1", "challenger": "9"})),
            "somebody put s3://models/9.tar.gz into the slot challenger; the rollout wants version 2 there",
        ),
        (
            as_wanted(a_rollout(), artifacts=contents({"champion": "2", "challenger": "2"})),
            "somebody put s3://models/2.tar.gz into the slot champion; the rollout wants version 1 there",
        ),
        (
            as_wanted(a_rollout(), artifacts=contents({"challenger": "2"})),
            "somebody put nothing into the slot champion",
        ),
    ],
    ids=["table", "its versions", "weights", "all zero", "challenger", "promoted by hand", "champion gone"],
)
def test_a_settled_release_stops_for_whatever_is_not_as_it_wants(seen: Observed, says: str) -> None:
    decision = look(a_rollout(), seen, found(Verdict.FAIL))

    assert (decision.rollout.phase, decision.rollout.hold) == (Phase.PAUSED, Hold.HANDS)
    assert says in (decision.rollout.held_because or "")
    assert decision.effect == Nothing()
    assert decision.rollout.settled_at is None  # nothing is counted from here on
    assert decision.wake_at is None


@pytest.mark.parametrize(
    "seen",
    [
        observed(BOTH, {"champion": 95, "challenger": 5}),
        observed(BOTH, {"champion": 95, "challenger": 5}, weights={"champion": 50.0, "challenger": 50.0}),
        observed(BOTH, {"champion": 50, "challenger": 50}, weights={"champion": 95.0, "challenger": 5.0}),
        observed({**BOTH, "challenger-2": "7"}, {"champion": 95, "challenger": 5}, author="deploy"),
    ],
    ids=["not begun", "endpoint first", "table first", "a deploy let a slot join"],
)
def test_a_change_half_done_is_nobodys_doing(seen: Observed) -> None:
    decision = look(unsettled(), seen)

    assert decision.rollout.phase is Phase.PROGRESSING
    assert isinstance(decision.effect, Route)
    assert decision.effect.weights["challenger"] == 50


@pytest.mark.parametrize(
    "seen",
    [
        observed(BOTH, {"champion": 60, "challenger": 40}, author="carol"),
        observed(BOTH, {"champion": 50, "challenger": 50}, weights={"champion": 60.0, "challenger": 40.0}),
        observed(BOTH, {"champion": 50, "challenger": 50}, artifacts=contents({"champion": "9", "challenger": "2"})),
        observed(BOTH, {"champion": 50, "challenger": 50}, artifacts=contents({"champion": "2", "challenger": "2"})),
    ],
    ids=["table", "weights", "contents", "promoted by hand"],
)
def test_a_change_that_explains_nothing_of_what_is_there_is_a_persons(seen: Observed) -> None:
    newer = replace(seen, routing=replace(seen.routing, revision=4))

    assert look(unsettled(), newer).rollout.hold is Hold.HANDS


def test_a_person_who_sets_the_table_back_is_told_from_a_table_not_written_yet() -> None:
    back = observed(BOTH, {"champion": 95, "challenger": 5}, author="carol")

    untouched = look(unsettled(), back)
    touched = look(unsettled(), replace(back, routing=replace(back.routing, revision=5)))

    assert isinstance(untouched.effect, Route)
    assert touched.rollout.hold is Hold.HANDS


def test_a_late_write_of_its_own_is_put_right() -> None:
    late = observed(BOTH, {"champion": 50, "challenger": 50}, weights={"champion": 95.0, "challenger": 5.0})

    decision = look(a_rollout(), late)

    assert decision.effect == Route({"champion": 95, "challenger": 5}, BOTH)
    assert decision.rollout.phase is Phase.PROGRESSING


def test_a_deploy_that_lets_a_slot_join_without_traffic_stops_nobody() -> None:
    joined = observed({**BOTH, "challenger-2": "7"}, {"champion": 95, "challenger": 5}, author="deploy")

    assert look(a_rollout(), joined).rollout.phase is Phase.PROGRESSING


def test_a_slot_that_a_deploy_lost_is_filled_again_after_its_traffic_has_gone() -> None:
    lost = as_wanted(a_rollout(), artifacts=contents({"champion": "1"}), weights={"champion": 1.0})

    decision = look(a_rollout(), lost)

    assert decision.rollout.position is Position.CLEARING
    assert "the slot challenger was lost, as if by a deploy" in decision.rollout.reason
    assert decision.effect == Route({"champion": 100}, {"champion": "1"})


def test_a_previous_version_that_a_deploy_lost_while_baking_is_put_back_so_that_there_is_a_way_back() -> None:
    baking = a_rollout(Position.BAKING)
    lost = as_wanted(baking, artifacts=contents({"champion": "2"}), weights={"champion": 1.0})

    decision = look(baking, lost)

    assert decision.rollout.position is Position.SWAPPING
    assert decision.rollout.slots == {"champion": "2", "challenger": "1"}


def test_a_lost_slot_is_not_filled_while_the_endpoint_changes() -> None:
    lost = as_wanted(a_rollout(), artifacts=contents({"champion": "1"}), weights={"champion": 1.0}, is_changing=True)

    assert look(a_rollout(), lost).effect == Nothing()


def test_people_who_have_taken_over_are_told_once_of_an_alarm_and_nothing_is_done() -> None:
    held = a_rollout(phase=Phase.PAUSED, hold=Hold.HANDS, held_because="carol did it", is_settled=False)
    ringing = as_wanted(held, alarms=(an_alarm("challenger"),))

    first = look(held, ringing)
    second = look(first.rollout, ringing)

    assert first.opens_incident
    assert first.effect == Nothing()
    assert "carol did it. Meanwhile alarm sluice-flights-challenger" in (first.rollout.held_because or "")
    assert second.rollout is first.rollout
    assert not second.opens_incident


def test_hands_are_seen_while_a_person_has_paused_it() -> None:
    paused = a_rollout(phase=Phase.PAUSED, hold=Hold.PERSON, held_because="lunch")
    by_hand = observed(BOTH, {"champion": 60, "challenger": 40}, author="carol")

    assert look(paused, by_hand).rollout.hold is Hold.HANDS


def test_a_swap_under_way_may_have_either_version_in_the_champions_slot() -> None:
    swapping = a_rollout(Position.SWAPPING, promoted_at=T0)

    for slots in (BOTH, {"champion": "2", "challenger": "1"}):
        seen = observed(slots, {"champion": 95, "challenger": 5})
        assert look(swapping, seen).rollout.phase is Phase.PROGRESSING


def test_a_deploy_that_lets_a_slot_join_before_the_table_was_written_stops_nobody() -> None:
    joined = observed({**BOTH, "challenger-2": "7"}, {"champion": 90, "challenger": 10}, author="deploy")
    newer = replace(joined, routing=replace(joined.routing, revision=4), weights={"champion": 95.0, "challenger": 5.0})
    begun = unsettled(seen=Seen(contents(BOTH), {"champion": 95}, {"champion": 90, "challenger": 10}, 3))

    assert isinstance(look(begun, newer).effect, Route)

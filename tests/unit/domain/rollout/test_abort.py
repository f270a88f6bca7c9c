"""Going back: at once, to wherever the previous version is, and never through a version that is bad."""

from dataclasses import replace

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.findings import PreviewResult, RewardFinding, RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout
from sluice.domain.rollout.stage import Kind, Stage
from tests.rollout_builders import (
    T0,
    a_plan,
    a_rollout,
    an_alarm,
    as_wanted,
    contents,
    found,
    judged,
    minutes,
    observed,
)

BACK = Route({"champion": 100, "challenger": 0}, {"champion": "1", "challenger": "2"})


def look(rollout: Rollout, seen: Observed | None = None, findings: RolloutFindings | None = None) -> Decision:
    """A minute after T0."""
    return advance(rollout, seen or as_wanted(rollout), findings or RolloutFindings(), now=minutes(1))


def test_an_alarm_of_the_candidates_slot_takes_all_of_its_traffic_within_the_look() -> None:
    decision = look(a_rollout(), as_wanted(a_rollout(), alarms=(an_alarm("challenger"),)))

    assert decision.effect == BACK
    assert decision.opens_incident
    assert decision.entry is not None
    assert (decision.entry.kind, decision.entry.actor) == (EntryKind.ABORTED, "sluice-flights-challenger")
    assert decision.rollout.reason == "alarm sluice-flights-challenger of the challenger: 20 % errors: roll back"


def test_bad_evidence_aborts_whatever_the_stage_still_waits_for_and_says_its_numbers() -> None:
    decision = look(a_rollout(), findings=found(Verdict.FAIL, "errors: 37 of 812 against 9 of 15,420"))

    assert decision.effect == BACK
    assert decision.rollout.reason == "errors: 37 of 812 against 9 of 15,420: roll back"
    assert decision.rollout.decided_by == "controller"


@pytest.mark.parametrize(
    ("stage", "findings", "says"),
    [
        (
            Stage(Kind.PREVIEW),
            RolloutFindings(preview=PreviewResult(9, ("p-1: not a number",))),
            "1 of 9 recorded requests went wrong, first: p-1: not a number",
        ),
        (
            Stage(Kind.AB_TEST, 50, goal="bought"),
            RolloutFindings(reward=RewardFinding(Verdict.FAIL, "bought: -3 points")),
            "bought: -3 points",
        ),
    ],
)
def test_a_preview_or_rewards_can_abort_too(stage: Stage, findings: RolloutFindings, says: str) -> None:
    rollout = a_rollout(plan=a_plan(stage))

    decision = look(rollout, findings=findings)

    assert decision.rollout.position is Position.RETURNING
    assert says in decision.rollout.reason


def test_what_a_preview_said_is_not_held_against_a_later_stage() -> None:
    preview = PreviewResult(9, ("p-1: not a number",))

    assert look(a_rollout(), findings=RolloutFindings(preview=preview)).rollout.position is Position.STAGE


def test_an_alarm_of_a_slot_without_the_candidate_aborts_nothing() -> None:
    rollout = a_rollout()

    decision = look(rollout, as_wanted(rollout, alarms=(an_alarm("challenger-2"),)))

    assert decision.rollout is rollout


def test_trouble_of_the_champion_itself_holds_the_release_and_opens_an_incident() -> None:
    rollout = a_rollout()

    decision = look(rollout, as_wanted(rollout, alarms=(an_alarm("champion"),)))

    assert (decision.rollout.hold, decision.effect) == (Hold.CHAMPION, Nothing())
    assert decision.opens_incident
    assert decision.entry is not None
    assert decision.entry.actor == "sluice-flights-champion"


@pytest.mark.parametrize(
    ("alarms", "findings"),
    [((an_alarm("champion"),), RolloutFindings()), ((), RolloutFindings(watch=judged(Verdict.FAIL, "it got worse")))],
    ids=["alarm", "watch"],
)
def test_within_the_bake_all_traffic_goes_back_to_the_version_held_back(
    alarms: tuple[object, ...], findings: RolloutFindings
) -> None:
    baking = a_rollout(Position.BAKING)

    decision = look(baking, as_wanted(baking, alarms=alarms), findings)

    assert decision.effect == Route({"champion": 0, "challenger": 100}, {"champion": "2", "challenger": "1"})
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.ROLLED_BACK
    assert decision.opens_incident


def test_the_previous_version_goes_back_into_the_champions_slot_while_it_still_answers_from_the_other() -> None:
    returning = a_rollout(
        Position.RETURNING,
        slots={"champion": "2", "challenger": "1"},
        weights={"champion": 0, "challenger": 100},
        promoted_at=T0,
    )

    decision = look(returning)

    assert decision.rollout.position is Position.RESTORING
    assert decision.effect == Serve(contents({"champion": "1", "challenger": "1"}), {"champion": 100})


def test_a_swap_that_ends_on_the_way_back_turns_traffic_to_where_the_previous_version_is_now() -> None:
    returning = a_rollout(Position.RETURNING, promoted_at=T0)
    landed = observed({"champion": "2", "challenger": "1"}, {"champion": 100, "challenger": 0})

    decision = look(returning, landed)

    assert decision.effect == Route({"champion": 0, "challenger": 100}, {"champion": "2", "challenger": "1"})
    assert decision.rollout.reason == "the endpoint has changed: version 1 is in the slot challenger now"
    assert not decision.opens_incident


def test_a_change_in_place_that_ends_on_the_way_back_is_undone() -> None:
    plan = read_plan("in_place")
    returning = a_rollout(Position.RETURNING, plan, slots={"champion": "1"}, weights={"champion": 100}, promoted_at=T0)

    decision = look(returning, observed({"champion": "2"}, {"champion": 100}))

    assert decision.effect == Serve(contents({"champion": "1"}), {"champion": 100})
    assert decision.rollout.reason == "the endpoint has changed: version 1 is in no slot any more"


def test_the_way_back_waits_for_an_update_under_way_to_end_before_it_is_over() -> None:
    returning = a_rollout(Position.RETURNING)

    decision = look(returning, as_wanted(returning, is_changing=True))

    assert decision.rollout is returning
    assert decision.effect == Nothing()


@pytest.mark.parametrize(("declared", "removed"), [({"champion"}, True), ({"champion", "challenger"}, False)])
def test_once_traffic_is_back_the_candidate_is_taken_down_unless_its_slot_is_declared(
    declared: set[str], *, removed: bool
) -> None:
    returning = a_rollout(Position.RETURNING)

    decision = look(returning, as_wanted(returning, declared_slots=frozenset(declared)))

    assert decision.rollout.position is Position.RETIRING
    assert isinstance(decision.effect, Serve) is removed


def test_then_it_is_over_and_aborted() -> None:
    retiring = a_rollout(Position.RETIRING, slots={"champion": "1"})

    decision = look(retiring)

    assert (decision.rollout.phase, decision.rollout.position) == (Phase.ABORTED, Position.DONE)
    assert decision.wake_at is None


def test_what_is_on_its_way_back_is_not_aborted_again() -> None:
    returning = a_rollout(Position.RETURNING)
    seen = as_wanted(returning, alarms=(an_alarm("challenger"),), is_changing=True)

    assert look(returning, replace(seen), found(Verdict.FAIL)).rollout is returning

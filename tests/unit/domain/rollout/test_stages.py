"""A stage is left when it has shown what it should: not before, and not without data."""

from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.evidence.finding import Finding, Findings, Verdict
from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.findings import PreviewResult, RewardFinding, RolloutFindings
from sluice.domain.rollout.lacks import lacks
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout
from sluice.domain.rollout.stage import Audience, Kind, Stage
from sluice.domain.routing import Preview
from sluice.domain.shadow.shadowed import Shadowed
from tests.rollout_builders import (
    ALL,
    FIVE,
    T0,
    a_plan,
    a_rollout,
    an_epoch,
    as_wanted,
    found,
    judged,
    minutes,
)

SHADOW, PREVIEW, APPROVAL = Stage(Kind.SHADOW, minutes=10), Stage(Kind.PREVIEW), Stage(Kind.APPROVAL)
AB_TEST = Stage(Kind.AB_TEST, 50, 5, goal="bought")
BANDIT = Stage(Kind.BANDIT, 50, 5, floor_percent=10, goal="bought")
NOTHING = RolloutFindings()
AGREEING = Stage(Kind.SHADOW, minutes=10, min_agreement=0.95)


def agreement(verdict: Verdict) -> Finding:
    """What captured answers say."""
    return Finding("agreement", verdict, "agreement: 97 %", 0.0, 4.6, 3.0, 3.0)


def at(*stages: Stage, **changes: Any) -> Rollout:
    """Settled at the first of these stages since T0."""
    weights = {"champion": 100 - stages[0].percent, "challenger": stages[0].percent}
    slots = {"champion": "1", "challenger": "2"}
    if stages[0].kind is Kind.SHADOW:
        slots, weights = {"champion": "1", "shadow": "2"}, {"champion": 100}
    return a_rollout(plan=a_plan(*stages), **{"slots": slots, "weights": weights, **changes})


def look(rollout: Rollout, findings: RolloutFindings = NOTHING, after: float = 6) -> Decision:
    """So many minutes after T0, in the world as wanted."""
    return advance(rollout, as_wanted(rollout), findings, now=minutes(after))


@pytest.mark.parametrize("stage", [FIVE, SHADOW, AB_TEST])
def test_once_weights_are_in_effect_the_clocks_of_stage_and_comparison_start_and_nothing_is_told(stage: Stage) -> None:
    rollout = at(stage, is_settled=False, settled_at=None, compared_since=None)

    decision = look(rollout)

    assert decision.rollout.is_settled
    assert decision.rollout.settled_at == decision.rollout.compared_since == minutes(6)
    assert (decision.entry, decision.effect) == (None, Nothing())


def test_a_stage_that_compares_nothing_starts_no_comparison() -> None:
    rollout = at(PREVIEW, is_settled=False, settled_at=None, compared_since=None)

    assert look(rollout).rollout.compared_since is None


def test_the_horizon_counts_from_the_first_comparison() -> None:
    rollout = at(FIVE, is_settled=False, settled_at=None, compared_since=T0)

    assert look(rollout).rollout.compared_since == T0


@pytest.mark.parametrize(
    ("rollout", "findings", "after", "waits_for"),
    [
        (at(FIVE, ALL), found(), 4, "time: 4 minutes of at least 5 minutes are over"),
        (
            at(FIVE, ALL, evidence=EvidenceSoFar(epochs=(an_epoch(requests=37),))),
            found(),
            6,
            "requests: the candidate has answered 37 of at least 100",
        ),
        (at(FIVE, ALL, evidence=EvidenceSoFar()), NOTHING, 6, "requests: the candidate has answered 0 of at least 100"),
        (
            at(FIVE, ALL),
            found(Verdict.INCONCLUSIVE, "errors: 3 of 900: not decided"),
            6,
            "errors: 3 of 900: not decided",
        ),
        (at(FIVE, ALL), NOTHING, 6, "evidence, of which there is none yet"),
        (at(APPROVAL), NOTHING, 6, "a person's approval (promote)"),
        (at(PREVIEW, ALL), NOTHING, 6, "right answers to recorded requests"),
        (at(AB_TEST), found(), 6, "rewards for bought, of which there are none yet"),
        (
            at(AB_TEST),
            RolloutFindings(judged(Verdict.PASS), reward=RewardFinding(Verdict.INCONCLUSIVE, "bought: 2 days to go")),
            6,
            "bought: 2 days to go",
        ),
    ],
    ids=["time", "requests", "no request", "evidence", "no evidence", "person", "preview", "no rewards", "rewards"],
)
def test_a_stage_waits(rollout: Rollout, findings: RolloutFindings, after: float, waits_for: str) -> None:
    decision = look(rollout, findings, after)

    assert decision.rollout is rollout
    assert decision.effect == Nothing()
    assert lacks(rollout, findings, now=minutes(after)) == waits_for


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.INCONCLUSIVE])
def test_undecided_evidence_lets_a_share_grow_as_long_as_a_later_stage_compares(verdict: Verdict) -> None:
    decision = look(a_rollout(), found(verdict))

    assert decision.rollout.weights == {"champion": 50, "challenger": 50}
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.SHIFTED
    assert decision.rollout.reason == (
        "5 % of the traffic: 6 minutes; errors: 37 of 812 against 9 of 15,420; "
        "on to 50 % of the traffic: champion 50, challenger 50"
    )


def test_the_last_stage_that_splits_traffic_is_left_on_a_pass_only() -> None:
    half = a_rollout(stage=1, weights={"champion": 50, "challenger": 50})

    assert look(half, found(Verdict.INCONCLUSIVE)).rollout is half
    assert look(half, found(Verdict.PASS)).rollout.weights == {"champion": 0, "challenger": 100}


def test_with_all_of_the_traffic_there_is_nothing_left_to_compare_and_time_is_enough() -> None:
    last = a_rollout(stage=2, weights={"champion": 0, "challenger": 100})

    decision = look(last, found(Verdict.PASS))

    assert decision.rollout.position is Position.SWAPPING


@pytest.mark.parametrize("stage", [0, 1])
def test_undecided_at_the_horizon_a_person_decides(stage: int) -> None:
    shares = ({"champion": 95, "challenger": 5}, {"champion": 50, "challenger": 50})[stage]
    low = EvidenceSoFar(epochs=(an_epoch(requests=37),)) if stage == 0 else a_rollout().evidence
    rollout = a_rollout(stage=stage, weights=shares, evidence=low)

    before = look(rollout, found(Verdict.INCONCLUSIVE), after=24 * 60 - 1)
    then = look(rollout, found(Verdict.INCONCLUSIVE), after=24 * 60)

    assert before.rollout is rollout
    assert (then.rollout.phase, then.rollout.hold) == (Phase.PAUSED, Hold.UNDECIDED)
    assert "undecided after the horizon of 1440 minutes" in then.rollout.reason


def test_an_approval_may_take_as_long_as_it_likes() -> None:
    rollout = at(APPROVAL)

    assert look(rollout, after=10_000).rollout is rollout


@pytest.mark.parametrize(
    ("findings", "says"),
    [
        (found(Verdict.ERROR, "sample_ratio: challenger got +80 %"), "sample_ratio: challenger got +80 %"),
        (RolloutFindings(reward=RewardFinding(Verdict.ERROR, "rewards counted twice")), "rewards counted twice"),
    ],
)
def test_what_cannot_be_trusted_holds_the_release(findings: RolloutFindings, says: str) -> None:
    decision = look(at(AB_TEST), findings)

    assert (decision.rollout.hold, decision.rollout.held_because) == (Hold.MISMATCH, says)


def test_a_preview_that_answered_everything_goes_on() -> None:
    decision = look(at(PREVIEW, ALL), RolloutFindings(preview=PreviewResult(9)))

    assert decision.rollout.weights == {"champion": 0, "challenger": 100}
    assert "all 9 recorded requests were answered" in decision.rollout.reason


def test_without_recorded_requests_a_preview_has_shown_nothing() -> None:
    decision = look(at(PREVIEW, ALL), RolloutFindings(preview=PreviewResult(0)))

    assert decision.rollout.hold is Hold.UNDECIDED
    assert decision.rollout.held_because == "there are no recorded requests: promote goes on without them"


def test_those_who_see_it_first_are_in_the_table_and_nobody_elses_requests_move() -> None:
    internal = Stage(Kind.INTERNAL, minutes=5, audience=Audience(("N14228",), ("staff",)))
    rollout = at(PREVIEW, internal, ALL)

    decision = look(rollout, RolloutFindings(preview=PreviewResult(9)))

    assert isinstance(decision.effect, Route)
    assert decision.effect.weights == {"champion": 100, "challenger": 0}
    assert decision.effect.preview == Preview("challenger", frozenset({"N14228"}), frozenset({"staff"}))


def test_after_a_shadow_the_candidate_changes_slots_and_counts_begin_anew() -> None:
    evidence = EvidenceSoFar(epochs=(an_epoch(0.5),), slow_after_milliseconds=80.0)
    rollout = at(SHADOW, FIVE, evidence=evidence)

    decision = look(rollout, found(Verdict.INCONCLUSIVE), after=10)

    assert decision.rollout.position is Position.INSTALLING
    assert decision.effect == Serve(
        {"champion": "s3://models/1.tar.gz", "challenger": "s3://models/2.tar.gz"},
        {"champion": 100},
        removed=frozenset({"shadow"}),
    )
    assert decision.rollout.evidence == EvidenceSoFar(slow_after_milliseconds=80.0)


def test_what_was_compared_of_a_shadow_stays_on_record() -> None:
    rollout = at(SHADOW, FIVE, evidence=EvidenceSoFar(epochs=(an_epoch(0.5),), shadowed=Shadowed(checked=3)))

    decision = look(rollout, found(Verdict.INCONCLUSIVE), after=10)

    assert decision.rollout.evidence.shadowed == Shadowed(checked=3)


@pytest.mark.parametrize(
    ("evidence", "stage", "lacking"),
    [
        (Findings((agreement(Verdict.PASS),)), 1, None),
        (Findings((agreement(Verdict.INCONCLUSIVE),)), 0, "agreement: 97 %"),
        (judged(Verdict.PASS), 0, "answers of the shadow and the champion to compare"),
        (None, 0, "answers of the shadow and the champion to compare"),
    ],
)
def test_a_shadow_that_is_to_agree_is_left_when_it_certainly_does(
    evidence: Findings | None, stage: int, lacking: str | None
) -> None:
    rollout, findings = at(AGREEING, FIVE), RolloutFindings(evidence=evidence)

    assert lacks(rollout, findings, now=minutes(10)) == lacking
    decision = look(rollout, findings, after=10)
    assert decision.rollout.stage == stage
    assert not stage or "agreement: 97 %" in decision.rollout.reason


def test_a_shadow_that_does_not_agree_is_taken_back_at_once() -> None:
    decision = look(at(AGREEING, FIVE), RolloutFindings(evidence=Findings((agreement(Verdict.FAIL),))), after=1)

    assert decision.rollout.is_aborting
    assert decision.opens_incident
    assert decision.rollout.reason == "agreement: 97 %: roll back"


def test_a_shadow_is_not_left_while_captured_answers_cannot_be_read() -> None:
    blind = replace(found(Verdict.PASS), is_current=False)

    assert lacks(at(SHADOW, FIVE), blind, now=minutes(10)) == (
        "metrics or captured answers, which could not be read at this look"
    )


def test_an_approval_after_a_shadow_leaves_it_where_it_is() -> None:
    rollout = at(SHADOW, APPROVAL)

    decision = look(rollout, found(Verdict.INCONCLUSIVE), after=10)

    assert (decision.rollout.position, decision.rollout.stage) == (Position.STAGE, 1)
    assert decision.effect == Nothing()
    assert decision.rollout.evidence.epochs


def test_an_ab_test_is_left_when_rewards_and_evidence_both_pass() -> None:
    won = RewardFinding(Verdict.PASS, "bought: +3 points")

    decision = look(at(AB_TEST), RolloutFindings(judged(Verdict.PASS), reward=won))

    assert decision.rollout.position is Position.SWAPPING
    assert "bought: +3 points" in decision.rollout.reason


@pytest.mark.parametrize(("asked", "gets"), [(70, 70), (97, 90), (1, 10)])
def test_a_bandits_shares_follow_the_rewards_and_none_falls_below_the_floor(asked: int, gets: int) -> None:
    reward = RewardFinding(Verdict.INCONCLUSIVE, "bought: 1 to 3", {"champion": 100 - asked, "challenger": asked})

    decision = look(at(BANDIT), RolloutFindings(reward=reward))

    assert decision.rollout.weights == {"champion": 100 - gets, "challenger": gets}
    assert decision.rollout.position is Position.STAGE
    assert "rewards for bought" in decision.rollout.reason


@pytest.mark.parametrize(
    ("weights", "after"),
    [({"champion": 50, "challenger": 50}, 6), ({}, 6), ({"champion": 30, "challenger": 70}, 4)],
    ids=["the same", "no new ones", "too early"],
)
def test_a_bandits_shares_stay(weights: dict[str, int], after: float) -> None:
    rollout = at(BANDIT)
    reward = RewardFinding(Verdict.INCONCLUSIVE, "bought", weights)

    assert look(rollout, RolloutFindings(reward=reward), after).rollout is rollout


def test_a_bandits_time_runs_on_while_its_shares_change() -> None:
    shifted = at(BANDIT, settled_at=minutes(60), compared_since=T0)
    won = RolloutFindings(judged(Verdict.PASS), reward=RewardFinding(Verdict.PASS, "bought"))

    assert look(shifted, won, after=61).rollout.position is Position.SWAPPING


@pytest.mark.parametrize(
    ("rollout", "after", "wakes"),
    [
        (at(FIVE, ALL), 1, minutes(2)),
        (at(FIVE, ALL), 4.5, minutes(5)),
        (at(FIVE, ALL), 60, minutes(61)),
        (at(APPROVAL, compared_since=None), 1, None),
        (at(APPROVAL), 1, minutes(2)),
    ],
    ids=["next counts", "end of the stage", "waits for evidence", "only a person", "a person, and counts go on"],
)
def test_it_looks_again_when_the_next_thing_can_happen(rollout: Rollout, after: float, wakes: object) -> None:
    assert look(rollout, found(Verdict.INCONCLUSIVE), after).wake_at == wakes


def test_an_approval_keeps_the_share_it_finds() -> None:
    rollout = a_rollout(plan=read_plan({"stages": [{"canary": {"percents": [5]}}, "approval"]}))

    decision = look(rollout, found(Verdict.PASS))

    assert decision.rollout.current.kind is Kind.APPROVAL
    assert decision.rollout.weights == {"champion": 95, "challenger": 5}
    assert replace(decision.rollout, since=T0).slots == rollout.slots


def test_a_shadow_begins_beside_a_champion_with_all_of_the_traffic() -> None:
    slots = {"champion": "1", "shadow": "2"}
    installing = at(SHADOW, APPROVAL, position=Position.INSTALLING, slots=slots, is_settled=False, settled_at=None)

    decision = look(installing)

    assert (decision.rollout.position, decision.rollout.weights) == (Position.STAGE, {"champion": 100})
    assert decision.effect == Nothing()


def test_no_stage_is_passed_on_what_was_known_before_metrics_could_not_be_read() -> None:
    rollout = at(FIVE, ALL)
    blind = replace(found(Verdict.PASS), is_current=False)

    waits = look(rollout, blind)
    late = look(rollout, blind, after=rollout.plan.horizon_minutes + 1)

    assert (waits.rollout, waits.effect) == (rollout, Nothing())
    assert late.rollout.hold is Hold.UNDECIDED
    assert "metrics, which could not be read at this look" in late.rollout.reason
    assert look(rollout, found(Verdict.PASS)).rollout.stage == 1


def test_no_share_follows_rewards_while_metrics_cannot_be_read() -> None:
    rollout = at(BANDIT)
    reward = RewardFinding(Verdict.INCONCLUSIVE, "rewards", {"champion": 30, "challenger": 70})

    assert look(rollout, RolloutFindings(reward=reward)).rollout.weights == {"champion": 30, "challenger": 70}
    assert look(rollout, RolloutFindings(reward=reward, is_current=False)).rollout is rollout


def test_bad_counts_of_before_are_enough_to_go_back_by() -> None:
    blind = replace(found(Verdict.FAIL), is_current=False)

    assert look(at(FIVE, ALL), blind).rollout.position is Position.RETURNING

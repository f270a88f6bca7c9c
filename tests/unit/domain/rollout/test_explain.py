"""``explain`` answers why a release is where it is, what it waits for, and what would move it."""

from dataclasses import replace

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.replay.report import Outcome, Report
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.explain import explain
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Trouble, Verb
from sluice.domain.shadow.shadowed import Shadowed
from tests.rollout_builders import (
    T0,
    a_command,
    a_rollout,
    found,
    judged,
    minutes,
    queued,
)

SHIFTED = Entry(EntryKind.SHIFTED, "controller", "the shadow: 10 minutes; on to 5 %", T0)
WAITED = Entry(EntryKind.WAITED, "controller", "no instances", minutes(2))


def told(rollout: Rollout, findings: RolloutFindings | None = None, after: float = 6) -> list[str]:
    """The answer so many minutes after T0."""
    return explain(rollout, [SHIFTED, WAITED], findings or RolloutFindings(), minutes(after))


def test_at_a_share_it_says_where_why_what_it_waits_for_and_what_would_take_it_back() -> None:
    reason = "errors: 3 of 900 against 2 of 17,000: not decided (odds of harm 0.4:1, 300:1 needed)"

    where, *lines = told(a_rollout(), found(Verdict.INCONCLUSIVE, reason), after=4)

    assert "progressing; it is at stage 1 of 3 of the plan canary, 5 % of the traffic." in where
    assert where.endswith("The traffic: champion 95, challenger 5.")
    assert lines == [
        "That is so since 10:15 UTC, for 4 minutes.",
        "Because controller decided at 10:15 UTC: the shadow: 10 minutes; on to 5 %.",
        "To go on it waits for time: 4 minutes of at least 5 minutes are over.",
        f"Inconclusive: {reason}.",
        "Undecided at 2026-11-23 10:15 UTC, it is held for a person.",
        "It goes back when the evidence for harm is enough, or when an alarm of the candidate's slot rings.",
    ]


def test_of_a_shadow_it_says_how_its_answers_compare_also_when_a_person_is_to_approve() -> None:
    shadowed = Shadowed(Report(outcomes={Outcome.COMPARED: 200}, rows=200, agreeing=190), differing=10)
    plan = read_plan("shadow")
    evidence = EvidenceSoFar(shadowed=shadowed)
    said = "The shadow's answers agree with the champion's in 95.00% of 200 requests (190 of 200 rows)."

    assert said in told(a_rollout(plan=plan, evidence=evidence))
    assert said in told(a_rollout(plan=plan, evidence=evidence, stage=1))


def test_when_nothing_is_lacking_it_says_so() -> None:
    assert "Nothing is lacking: it goes on at the next look." in told(a_rollout(), found(Verdict.PASS))


def test_before_a_comparison_there_is_no_horizon_to_speak_of() -> None:
    rollout = a_rollout(plan=read_plan({"stages": ["approval", "canary"]}), compared_since=None)

    assert "To go on it waits for a person's approval (promote)." in told(rollout)
    assert not [line for line in told(rollout) if line.startswith("Undecided at")]


@pytest.mark.parametrize(("hold", "who"), [(Hold.HANDS, "only a person"), (Hold.UNDECIDED, "a person")])
def test_a_hold_says_who_moves_it_on(hold: Hold, who: str) -> None:
    held = a_rollout(phase=Phase.PAUSED, hold=hold, held_because="carol did it")

    assert told(held)[-1] == f"It is held, and {who} moves it on (resume, promote or abort): carol did it."


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (
            Trouble("no quota", 4, minutes(8), is_capacity=True),
            "In its way: SageMaker has no instances for the change (attempt 4): no quota; asks again at 10:23 UTC.",
        ),
        (
            Trouble("unhealthy", 2, minutes(8), is_capacity=False),
            "In its way: the change of the endpoint failed 2 of 3 times: unhealthy; asks again at 10:23 UTC.",
        ),
        (
            Trouble("", 1, minutes(8), is_capacity=False),
            "In its way: the endpoint was asked to change, attempt 1; nothing is known of it yet.",
        ),
    ],
)
def test_trouble_with_the_endpoint_is_told(trouble: Trouble, says: str) -> None:
    lines = told(a_rollout(Position.INSTALLING, trouble=trouble))

    assert says in lines
    assert lines[-1] == "It goes on when the endpoint and the routing table are seen as it wants them."


def test_a_command_that_is_not_obeyed_yet_is_told() -> None:
    assert "At the next look it obeys bob: abort." in told(a_rollout(command=a_command(Verb.ABORT)))


def test_baking_it_says_until_when_and_what_the_watch_sees() -> None:
    watch = RolloutFindings(watch=judged(Verdict.INCONCLUSIVE, "errors: no alarm (odds 2.00:1, 86,400:1 needed)"))

    lines = told(a_rollout(Position.BAKING), watch)

    assert "it bakes for 30 minutes, watched beside the previous version" in lines[0]
    assert lines[-2] == "The previous version is taken down at 10:45 UTC, unless an alarm rings or the watch fails."
    assert lines[-1] == "Inconclusive: errors: no alarm (odds 2.00:1, 86,400:1 needed)."


def test_baking_before_anything_was_watched() -> None:
    assert told(a_rollout(Position.BAKING))[-1].startswith("The previous version is taken down at 10:45 UTC")


@pytest.mark.parametrize("position", [Position.STAGE, Position.BAKING])
def test_a_change_that_is_not_in_effect_yet_is_waited_for(position: Position) -> None:
    rollout = a_rollout(position, is_settled=False, settled_at=None)

    assert told(rollout)[-1] == "It goes on when the endpoint and the routing table are seen as it wants them."


def test_queued_and_over_are_told_in_short() -> None:
    over = replace(a_rollout(Position.RETIRING), position=Position.DONE, phase=Phase.SUCCEEDED)

    assert explain(queued(), [], RolloutFindings(), T0) == ["Version 2 of flights: pending; it waits for its turn."]
    assert told(over)[0] == "Version 2 of flights: succeeded; it is over. The traffic: champion 100."
    assert len(told(over)) == 2


@pytest.mark.parametrize("kind", ["ab_test", "bandit"])
def test_an_experiment_is_named_with_its_goal(kind: str) -> None:
    rollout = a_rollout(plan=read_plan({"plan": kind, "goal": "bought"}))

    assert "bought, with 50 % of the traffic at first" in told(rollout)[0]


def test_what_took_it_back_is_told_after_the_cleaning_up_too() -> None:
    aborted = Entry(EntryKind.ABORTED, "controller", "breaches: 31 of 40 of the challenger: roll back", minutes(3))
    cleaned = Entry(EntryKind.SHIFTED, "controller", "what is left beside the champion is taken down", minutes(4))
    over = replace(a_rollout(), phase=Phase.ABORTED, position=Position.DONE)

    lines = explain(over, [SHIFTED, aborted, cleaned], RolloutFindings(), minutes(6))

    assert lines[1:] == [
        "It was aborted by controller at 10:18 UTC: breaches: 31 of 40 of the challenger: roll back.",
        "Because controller decided at 10:19 UTC: what is left beside the champion is taken down.",
    ]

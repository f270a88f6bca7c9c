"""The story of a release, question by question: which of them is asked first, and what each position leads to."""

from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Verb
from tests.rollout_builders import (
    T0,
    a_command,
    a_plan,
    a_rollout,
    alone,
    an_alarm,
    as_wanted,
    contents,
    found,
    minutes,
    observed,
    queued,
)

NOTHING = RolloutFindings()


def look(
    rollout: Rollout, seen: Observed | None = None, findings: RolloutFindings = NOTHING, after: float = 1
) -> Decision:
    """The decision so many minutes after T0, in the world as the rollout wants it unless another is given."""
    return advance(rollout, seen or as_wanted(rollout), findings, now=minutes(after))


def test_a_release_that_nothing_disturbs_goes_through_all_of_its_positions() -> None:
    rollout, seen, after, told = queued(), alone(), 0.0, []

    while not rollout.phase.is_over:
        decision = advance(rollout, seen, found(Verdict.PASS), now=minutes(after))
        rollout = replace(decision.rollout, evidence=a_rollout().evidence)
        told += [(decision.entry.kind, rollout.position)] if decision.entry else []
        if not isinstance(decision.effect, Nothing):
            seen = as_wanted(rollout)
        after += 6

    assert told == [
        (EntryKind.STARTED, Position.INSTALLING),
        (EntryKind.SHIFTED, Position.STAGE),
        (EntryKind.SHIFTED, Position.STAGE),
        (EntryKind.SHIFTED, Position.STAGE),
        (EntryKind.PROMOTED, Position.SWAPPING),
        (EntryKind.SHIFTED, Position.BAKING),
        (EntryKind.SHIFTED, Position.RETIRING),
        (EntryKind.FINISHED, Position.DONE),
    ]
    assert rollout.phase is Phase.SUCCEEDED


def test_a_release_that_is_over_asks_for_nothing_ever_again() -> None:
    over = a_rollout(phase=Phase.SUCCEEDED, command=a_command(Verb.ABORT))

    decision = look(over, alone("9", alarms=(an_alarm("champion"),)))

    assert (decision.rollout, decision.effect, decision.entry, decision.wake_at) == (over, Nothing(), None, None)


def test_what_is_recorded_is_the_very_same_object_when_nothing_is_to_be_recorded() -> None:
    rollout = a_rollout()

    assert look(rollout).rollout is rollout


@pytest.mark.parametrize(
    ("first", "rollout", "seen", "findings"),
    [
        (
            "a person's command comes before an alarm",
            a_rollout(command=a_command(Verb.PAUSE)),
            {"alarms": (an_alarm("challenger"),)},
            NOTHING,
        ),
        (
            "what people did by hand comes before an alarm",
            a_rollout(),
            {"alarms": (an_alarm("challenger"),), "weights": {"champion": 60.0, "challenger": 40.0}},
            NOTHING,
        ),
        (
            "trouble of the champion comes before good evidence",
            a_rollout(),
            {"alarms": (an_alarm("champion"),)},
            found(Verdict.PASS),
        ),
    ],
)
def test_of_several_things_the_first_decides(
    first: str, rollout: Rollout, seen: dict[str, Any], findings: RolloutFindings
) -> None:
    decision = look(rollout, replace(as_wanted(rollout), **seen), findings, after=6)

    assert decision.rollout.phase is Phase.PAUSED, first
    assert decision.effect == Nothing()


def test_an_alarm_of_both_variants_is_taken_for_the_candidates() -> None:
    seen = as_wanted(a_rollout(), alarms=(an_alarm("champion"), an_alarm("challenger")))

    assert look(a_rollout(), seen).rollout.position is Position.RETURNING


@pytest.mark.parametrize(
    ("hold", "wakes"), [(Hold.PERSON, True), (Hold.UNDECIDED, True), (Hold.TROUBLE, True), (Hold.HANDS, False)]
)
def test_a_held_release_waits_and_is_still_looked_at_unless_people_have_taken_over(hold: Hold, *, wakes: bool) -> None:
    held = a_rollout(phase=Phase.PAUSED, hold=hold, held_because="so")

    decision = look(held, findings=found(Verdict.PASS), after=60)

    assert decision.rollout is held
    assert decision.effect == Nothing()
    assert (decision.wake_at is not None) is wakes


def test_an_alarm_aborts_a_release_that_a_person_has_paused() -> None:
    paused = a_rollout(phase=Phase.PAUSED, hold=Hold.PERSON, held_because="lunch")

    decision = look(paused, as_wanted(paused, alarms=(an_alarm("challenger"),)))

    assert (decision.rollout.phase, decision.rollout.position) == (Phase.PROGRESSING, Position.RETURNING)
    assert decision.rollout.hold is None


def test_after_clearing_the_candidate_is_installed_without_traffic() -> None:
    clearing = a_rollout(Position.CLEARING)

    decision = look(clearing, observed({"champion": "1", "challenger": "0"}, {"champion": 100}))

    assert decision.rollout.position is Position.INSTALLING
    assert decision.effect == Serve(contents({"champion": "1", "challenger": "2"}), {"champion": 100})


def test_after_installing_the_stage_begins() -> None:
    decision = look(a_rollout(Position.INSTALLING, slots={"champion": "1", "challenger": "2"}))

    assert decision.rollout.position is Position.STAGE
    assert decision.effect == Route({"champion": 95, "challenger": 5}, {"champion": "1", "challenger": "2"})


def test_a_stage_does_not_begin_while_the_slots_alarm_rings_for_what_was_there_before() -> None:
    installing = a_rollout(Position.INSTALLING)
    ringing = as_wanted(installing, alarms=(an_alarm("challenger"),))

    first = look(installing, ringing)
    second = look(first.rollout, ringing)

    assert first.rollout.position is Position.INSTALLING
    assert "alarm sluice-flights-challenger still rings for what was in the challenger slot" in first.rollout.reason
    assert second.rollout is first.rollout
    assert look(second.rollout).rollout.position is Position.STAGE


def test_after_the_previous_version_is_restored_the_rest_is_taken_down() -> None:
    restoring = a_rollout(Position.RESTORING, promoted_at=T0)

    decision = look(restoring)

    assert decision.rollout.position is Position.RETIRING
    assert decision.rollout.is_aborting
    assert decision.effect == Serve(contents({"champion": "1"}), {"champion": 100}, removed=frozenset({"challenger"}))


def test_a_decision_looks_again_soon_and_says_what_it_was_made_on() -> None:
    decision = look(a_rollout(), findings=found(Verdict.PASS), after=5)

    assert decision.wake_at == minutes(6)
    assert decision.entry is not None
    assert decision.entry.details["weights_before"] == {"champion": 95, "challenger": 5}
    assert decision.entry.details["weights"] == {"champion": 50, "challenger": 50}
    assert decision.entry.details["evidence"]["verdict"] == "pass"
    assert decision.rollout.plan == a_plan()

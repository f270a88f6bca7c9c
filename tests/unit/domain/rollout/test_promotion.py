"""The candidate trades slots with the champion, bakes, and stays."""

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.plan import Bake
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout
from tests.rollout_builders import (
    ALL,
    T0,
    a_plan,
    a_rollout,
    as_wanted,
    contents,
    found,
    judged,
    minutes,
    observed,
)

SWAPPED = {"champion": "2", "challenger": "1"}


def look(rollout: Rollout, seen: Observed | None = None, after: float = 6) -> Decision:
    """So many minutes after T0, in the world as wanted unless another is given."""
    return advance(rollout, seen or as_wanted(rollout), RolloutFindings(), now=minutes(after))


def test_promotion_swaps_contents_and_the_table_names_slots_as_before_until_that_is_seen() -> None:
    last = a_rollout(plan=a_plan(ALL), weights={"champion": 0, "challenger": 100})

    decision = advance(last, as_wanted(last), found(Verdict.PASS), now=minutes(6))

    assert decision.rollout.position is Position.SWAPPING
    assert decision.effect == Serve(contents(SWAPPED), {"champion": 95, "challenger": 5})
    assert decision.rollout.promoted_at == minutes(6)
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.PROMOTED
    assert "version 2 is promoted to the champion's slot" in decision.rollout.reason


def test_once_the_swap_is_seen_the_table_follows() -> None:
    swapping = a_rollout(Position.SWAPPING, before={"champion": 0, "challenger": 100})
    landed = observed(SWAPPED, {"champion": 0, "challenger": 100}, weights={"champion": 95.0, "challenger": 5.0})

    decision = look(swapping, landed)

    assert decision.effect == Route({"champion": 95, "challenger": 5}, SWAPPED)
    assert decision.rollout is swapping


def test_then_it_bakes_beside_the_version_held_back() -> None:
    decision = look(a_rollout(Position.SWAPPING))

    assert decision.rollout.position is Position.BAKING
    assert decision.effect == Nothing()
    assert decision.rollout.reason == (
        "version 2 is the champion: champion 95, challenger 5; version 1 is kept for 30 minutes"
    )


def test_a_bake_lasts_as_long_as_planned_from_when_its_weights_are_in_effect() -> None:
    settled = look(a_rollout(Position.BAKING, is_settled=False, settled_at=None), after=3).rollout

    assert settled.settled_at == minutes(3)
    assert settled.compared_since is None
    assert look(settled, after=32).wake_at == minutes(33)
    assert look(settled, after=32.5).wake_at == minutes(33)
    assert look(settled, after=32.5).rollout is settled
    assert look(settled, after=33).rollout.position is Position.RETIRING


def test_a_watch_without_an_alarm_does_not_end_a_bake_early() -> None:
    baking = a_rollout(Position.BAKING)
    quiet = RolloutFindings(watch=judged(Verdict.INCONCLUSIVE))

    assert advance(baking, as_wanted(baking), quiet, now=minutes(6)).rollout is baking


def test_a_bake_ends_only_when_it_is_known_how_and_after_the_horizon_a_person_decides() -> None:
    baking = a_rollout(Position.BAKING, plan=a_plan(horizon_minutes=60))
    blind = RolloutFindings(is_current=False)

    def blindly(rollout: Rollout, after: float) -> Decision:
        return advance(rollout, as_wanted(rollout), blind, now=minutes(after))

    waits = blindly(baking, after=31)
    held = blindly(waits.rollout, after=90)

    assert waits.rollout.position is held.rollout.position is Position.BAKING
    assert "is kept for metrics, which could not be read" in waits.rollout.reason
    assert blindly(waits.rollout, after=32).rollout is waits.rollout
    assert (held.rollout.hold, held.opens_incident) == (Hold.UNDECIDED, True)
    assert look(waits.rollout, after=32).rollout.position is Position.RETIRING


def test_a_plan_without_a_bake_drops_the_previous_version_at_once() -> None:
    baking = a_rollout(Position.BAKING, plan=a_plan(bake=Bake(0, 0)), weights={"champion": 100, "challenger": 0})

    assert look(baking, after=0).rollout.position is Position.RETIRING


def test_traffic_leaves_a_slot_before_it_is_taken_down_and_the_table_forgets_it_after() -> None:
    retiring = a_rollout(Position.RETIRING, before={"champion": 95, "challenger": 5})

    traffic = look(retiring, observed(SWAPPED, {"champion": 95, "challenger": 5}))
    contents_ = look(retiring, observed(SWAPPED, {"champion": 100}))
    table = look(
        retiring,
        observed(SWAPPED, {"champion": 100}, artifacts=contents({"champion": "2"}), weights={"champion": 100.0}),
    )

    assert traffic.effect == Route({"champion": 100, "challenger": 0}, SWAPPED)
    assert contents_.effect == Serve(contents({"champion": "2"}), {"champion": 100}, removed=frozenset({"challenger"}))
    assert table.effect == Route({"champion": 100}, {"champion": "2"})


@pytest.mark.parametrize("slot", ["challenger", "shadow", "challenger-2"])
def test_what_somebody_else_put_into_a_slot_is_not_taken_down(slot: str) -> None:
    retiring = a_rollout(Position.RETIRING)

    decision = look(retiring, observed({"champion": "2", slot: "9"}, {"champion": 100}))

    assert decision.rollout.phase is Phase.SUCCEEDED


def test_a_declared_slot_keeps_the_previous_version_without_traffic() -> None:
    baking = a_rollout(Position.BAKING)
    seen = as_wanted(baking, declared_slots=frozenset({"champion", "challenger"}))

    decision = look(baking, seen, after=31)

    assert decision.rollout.slots == SWAPPED
    assert decision.rollout.weights == {"champion": 100}
    assert decision.effect == Route({"champion": 100, "challenger": 0}, SWAPPED)


def test_then_it_has_succeeded() -> None:
    decision = look(a_rollout(Position.RETIRING, promoted_at=T0))

    assert (decision.rollout.phase, decision.rollout.position) == (Phase.SUCCEEDED, Position.DONE)
    assert decision.rollout.reason == "version 2 is the champion, with all of the traffic"
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.FINISHED

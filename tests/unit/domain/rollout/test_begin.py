"""A queued release starts from what is really live."""

from dataclasses import replace

import pytest

from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import ModelVersion, Phase, Position, Rollout
from sluice.domain.routing import Interleaving, Preview
from tests.rollout_builders import T0, V1, alone, contents, observed, queued


def look(rollout: Rollout, seen: Observed) -> Decision:
    """At T0."""
    return advance(rollout, seen, RolloutFindings(), now=T0)


def test_the_previous_version_is_the_champion_that_is_live_now_whatever_it_was_when_the_release_was_asked_for() -> None:
    decision = look(queued(), alone("7"))

    assert decision.rollout.previous == ModelVersion("7", "s3://models/7.tar.gz")
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.STARTED
    assert "alice asked for version 2; 7 is the champion" in decision.rollout.reason


def test_an_attempt_is_on_record_before_the_endpoint_is_asked() -> None:
    decision = look(queued(), alone())

    assert decision.effect == Serve(contents({"champion": "1", "challenger": "2"}), {"champion": 100})
    assert decision.rollout.trouble is not None
    assert decision.rollout.trouble.attempts == 1


@pytest.mark.parametrize(
    "seen",
    [
        observed({"champion": "1", "challenger": "0"}, {"champion": 90, "challenger": 10}, author="deploy"),
        observed({"champion": "1", "challenger-2": "0"}, {"champion": 90, "challenger-2": 10}, author="deploy"),
        alone(weights={"champion": 90.0, "challenger": 10.0}),
    ],
    ids=["in the table", "of another slot", "on the endpoint only"],
)
def test_traffic_of_other_slots_goes_to_the_champion_before_a_slot_is_filled(seen: Observed) -> None:
    decision = look(queued(), seen)

    assert decision.rollout.position is Position.CLEARING
    assert isinstance(decision.effect, Route)
    assert decision.effect.weights["champion"] == 100


def test_interleaving_ends_before_a_slot_is_filled_although_the_champion_has_all_traffic() -> None:
    seen = observed({"champion": "1", "challenger": "0"}, {"champion": 100, "challenger": 0})
    routing = replace(seen.routing, interleaving=Interleaving("challenger"))

    decision = look(queued(), replace(seen, routing=routing))

    assert decision.rollout.position is Position.CLEARING
    assert isinstance(decision.effect, Route)
    assert look(decision.rollout, replace(seen, routing=routing, is_changing=True)).effect == decision.effect
    assert look(decision.rollout, seen).rollout.position is Position.INSTALLING


def test_interleaving_ends_before_a_change_in_place_too() -> None:
    seen = observed({"champion": "1", "challenger": "0"}, {"champion": 100, "challenger": 0})
    routing = replace(seen.routing, interleaving=Interleaving("challenger"))
    in_place = queued(plan=read_plan({"plan": "in_place"}))

    decision = look(in_place, replace(seen, routing=routing))

    assert decision.rollout.position is Position.CLEARING
    assert isinstance(decision.effect, Route)
    assert look(decision.rollout, seen).rollout.position is Position.SWAPPING


def test_a_preview_that_somebody_left_is_cleared_too() -> None:
    seen = observed({"champion": "1", "challenger": "0"}, {"champion": 100})
    previewed = Preview("challenger", frozenset({"N14228"}))
    routing = replace(seen.routing, preview=previewed)

    decision = look(queued(), replace(seen, routing=routing))

    assert isinstance(decision.effect, Route)
    assert decision.effect.preview is None


@pytest.mark.parametrize("seen", [alone(is_changing=True, status="Updating"), alone(artifacts={})])
def test_it_waits_for_an_endpoint_at_rest(seen: Observed) -> None:
    decision = look(queued(), seen)

    assert decision.effect == Nothing()
    assert decision.rollout.position is Position.QUEUED


@pytest.mark.parametrize("candidate", [V1, ModelVersion("1b", V1.artifact), ModelVersion("1", "s3://elsewhere")])
def test_what_is_the_champion_already_is_not_released(candidate: ModelVersion) -> None:
    decision = look(queued(candidate=candidate), alone())

    assert decision.rollout.phase is Phase.ABORTED
    assert "is the champion already" in decision.rollout.reason
    assert decision.effect == Nothing()


def test_a_plan_that_begins_with_an_approval_touches_nothing_before_it() -> None:
    decision = look(queued(read_plan({"stages": ["approval", "canary"]})), alone())

    assert decision.rollout.position is Position.STAGE
    assert decision.rollout.weights == {"champion": 100}
    assert decision.effect == Nothing()


def test_in_place_the_candidate_goes_straight_into_the_champions_slot_by_sagemakers_guardrails() -> None:
    decision = look(queued(read_plan("in_place")), alone())

    assert decision.rollout.position is Position.SWAPPING
    assert decision.effect == Serve(contents({"champion": "2"}), {"champion": 100}, in_place=True)
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.PROMOTED


def test_a_shadow_stands_beside_one_production_variant_only() -> None:
    seen = observed({"champion": "1", "challenger": "0"}, {"champion": 100}, author="deploy")

    decision = look(queued(read_plan("shadow")), seen)

    shadow = contents({"shadow": "2"})["shadow"]
    assert decision.effect == Serve(
        contents({"champion": "1"}), {"champion": 100}, shadow=shadow, removed=frozenset({"challenger"})
    )

"""The world is brought to what is wanted, however often that takes, and given up when it is of no use."""

from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.converge import refused
from sluice.domain.rollout.decision import Decision, EntryKind, Nothing, Route, Serve
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import Hold, Phase, Position, Rollout, Stuck, Trouble
from sluice.domain.rollout.trouble import UNSEEN
from tests.rollout_builders import T0, a_rollout, alone, as_wanted, minutes, observed, queued

NO_CAPACITY = "ResourceLimitExceeded: the account-level service limit for endpoint usage is 2"
UNHEALTHY = "The primary container for production variant challenger did not pass the ping health check"


def look(rollout: Rollout, seen: Observed, after: float = 0) -> Decision:
    """So many minutes after T0."""
    return advance(rollout, seen, RolloutFindings(), now=minutes(after))


def installing(**trouble: Any) -> Rollout:
    """The candidate is to go into its slot, and that was asked for."""
    known: dict[str, Any] = {"reason": "", "attempts": 1, "again_at": minutes(1), "is_capacity": False} | trouble
    return a_rollout(Position.INSTALLING, trouble=Trouble(**known))


def test_an_update_is_not_asked_for_while_another_is_under_way() -> None:
    rollout = a_rollout(Position.INSTALLING)

    decision = look(rollout, alone(is_changing=True, status="SystemUpdating"))

    assert (decision.rollout, decision.effect, decision.wake_at) == (rollout, Nothing(), minutes(1))


def test_once_the_endpoint_is_free_the_update_is_asked_for_and_counted() -> None:
    decision = look(a_rollout(Position.INSTALLING), alone())

    assert isinstance(decision.effect, Serve)
    assert decision.rollout.trouble == Trouble("", 1, minutes(1), is_capacity=False)
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.RETRIED


def test_an_attempt_of_which_nothing_is_known_yet_is_waited_for() -> None:
    rollout = installing()

    decision = look(rollout, alone(), after=0.5)

    assert (decision.rollout, decision.effect, decision.wake_at) == (rollout, Nothing(), minutes(1))


def test_an_effect_that_a_crash_lost_is_asked_for_again() -> None:
    lost = look(installing(), alone(), after=1)
    again = look(lost.rollout, alone(), after=2)

    assert lost.rollout.trouble == Trouble(UNSEEN, 1, minutes(2), is_capacity=False)
    assert isinstance(again.effect, Serve)
    assert again.rollout.trouble is not None
    assert again.rollout.trouble.attempts == 2


def test_an_update_that_rolled_back_is_in_service_and_has_failed_all_the_same() -> None:
    decision = look(installing(), alone(failure_reason=UNHEALTHY), after=12)

    assert decision.rollout.trouble == Trouble(UNHEALTHY, 1, minutes(13), is_capacity=False)
    assert decision.effect == Nothing()
    assert decision.entry is not None
    assert decision.entry.kind is EntryKind.WAITED
    assert decision.rollout.reason == (
        f"the change of the endpoint failed 1 of 3 times: {UNHEALTHY}; asks again at 10:28 UTC"
    )


def test_a_failure_that_stood_there_before_does_not_condemn_an_attempt_just_made() -> None:
    attempt = look(a_rollout(Position.INSTALLING), alone(failure_reason=UNHEALTHY)).rollout

    early = look(attempt, alone(failure_reason=UNHEALTHY), after=0.5)
    other = look(attempt, alone(failure_reason="An alarm rolled the deployment back"), after=0.5)
    late = look(attempt, alone(failure_reason=UNHEALTHY), after=1)

    assert (early.rollout, early.effect, early.wake_at) == (attempt, Nothing(), minutes(1))
    assert other.rollout.trouble == Trouble("An alarm rolled the deployment back", 1, minutes(1.5), is_capacity=False)
    assert late.rollout.trouble == Trouble(UNHEALTHY, 1, minutes(2), is_capacity=False)


def test_the_first_attempt_of_a_wish_knows_what_stood_there_before() -> None:
    begun = look(queued(), alone(failure_reason=UNHEALTHY))

    then = look(begun.rollout, alone(failure_reason=UNHEALTHY), after=0.5)

    assert isinstance(begun.effect, Serve)
    assert begun.rollout.trouble == Trouble("", 1, minutes(1), is_capacity=False, standing=UNHEALTHY)
    assert then.rollout == begun.rollout


@pytest.mark.parametrize(("attempts", "waits"), [(1, 1), (2, 2)])
def test_failures_are_tried_again_after_one_and_two_minutes(attempts: int, waits: int) -> None:
    failed = look(installing(attempts=attempts), alone(failure_reason=UNHEALTHY), after=10).rollout

    early = look(failed, alone(failure_reason=UNHEALTHY), after=10 + waits - 0.5)
    then = look(failed, alone(failure_reason=UNHEALTHY), after=10 + waits)

    assert early.rollout is failed
    assert early.wake_at == minutes(10 + waits)
    assert isinstance(then.effect, Serve)


def test_a_candidate_that_cannot_be_installed_in_three_attempts_is_given_up() -> None:
    decision = look(installing(reason=UNHEALTHY, attempts=3), alone(failure_reason=UNHEALTHY), after=20)

    assert decision.rollout.position is Position.RETURNING
    assert decision.opens_incident
    assert f"could not be installed in 3 attempts: {UNHEALTHY}" in decision.rollout.reason


def test_lacking_instances_are_waited_for_and_never_given_up() -> None:
    rollout, after, waits = a_rollout(Position.INSTALLING), 0.0, []

    for _ in range(8):
        asked = look(rollout, alone(), after=after)
        assert isinstance(asked.effect, Serve)
        decision = refused(asked.rollout, alone(), NO_CAPACITY, now=minutes(after))
        rollout = decision.rollout
        assert rollout.trouble is not None
        waits.append((rollout.trouble.again_at - minutes(after)).total_seconds() / 60)
        after += waits[-1]

    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    assert rollout.position is Position.INSTALLING
    assert "SageMaker has no instances for the change (attempt 8)" in rollout.reason


def test_capacity_and_other_failures_are_counted_apart() -> None:
    many = installing(attempts=7, is_capacity=True)

    decision = look(many, alone(failure_reason=UNHEALTHY), after=5)

    assert decision.rollout.trouble is not None
    assert (decision.rollout.trouble.attempts, decision.rollout.trouble.is_capacity) == (1, False)


def test_a_refusal_of_which_no_attempt_is_on_record_is_the_first() -> None:
    decision = refused(a_rollout(Position.INSTALLING), alone(), "ValidationException: no such image", now=T0)

    assert decision.rollout.trouble == Trouble("ValidationException: no such image", 1, minutes(1), is_capacity=False)


@pytest.mark.parametrize(
    ("position", "seen"),
    [
        (Position.SWAPPING, observed({"champion": "1", "challenger": "2"}, {"champion": 95, "challenger": 5})),
        (Position.RESTORING, observed({"champion": "2", "challenger": "1"}, {"champion": 100})),
        (Position.RETIRING, observed({"champion": "2", "challenger": "1"}, {"champion": 100})),
    ],
)
def test_where_going_back_would_need_an_update_too_a_person_is_asked(position: Position, seen: Observed) -> None:
    rollout = a_rollout(position, trouble=Trouble(UNHEALTHY, 3, T0, is_capacity=False), promoted_at=T0)

    decision = look(rollout, seen, after=5)

    assert (decision.rollout.phase, decision.rollout.hold) == (Phase.PAUSED, Hold.TROUBLE)
    assert decision.opens_incident
    assert decision.effect == Nothing()


def test_a_change_in_place_that_sagemakers_guardrails_took_back_is_judged_and_not_tried_again() -> None:
    rollout = _in_place(Trouble("An alarm rolled the deployment back", 1, T0, is_capacity=False))

    decision = look(rollout, alone(), after=5)

    assert decision.rollout.position is Position.RETURNING
    assert "SageMaker took the change in place back: An alarm" in decision.rollout.reason


@pytest.mark.parametrize("reason", [UNSEEN, NO_CAPACITY])
def test_a_change_in_place_that_never_began_is_tried_again(reason: str) -> None:
    rollout = _in_place(Trouble(reason, 1, T0, is_capacity=reason == NO_CAPACITY))

    assert isinstance(look(rollout, alone(), after=5).effect, Serve)


def _in_place(trouble: Trouble) -> Rollout:
    plan, champion = read_plan("in_place"), {"champion": 100}
    return a_rollout(Position.SWAPPING, plan, slots={"champion": "2"}, weights=champion, trouble=trouble)


def test_a_config_that_was_deleted_is_made_anew_by_the_next_update() -> None:
    rollout = a_rollout(Position.INSTALLING)

    decision = look(rollout, as_wanted(rollout, has_config=False))

    assert isinstance(decision.effect, Serve)


def test_the_table_is_written_even_while_the_endpoint_changes() -> None:
    rollout = a_rollout(Position.RETURNING)
    before = {"champion": 95, "challenger": 5}
    returning = replace(rollout, before=before)

    decision = look(returning, observed(rollout.slots, before, is_changing=True))

    assert isinstance(decision.effect, Route)
    assert decision.rollout is returning


def test_the_endpoints_weights_wait_until_it_takes_them() -> None:
    rollout = replace(a_rollout(Position.RETURNING), before={"champion": 95, "challenger": 5})
    seen = as_wanted(rollout)
    busy = replace(seen, weights={"champion": 95.0, "challenger": 5.0}, is_changing=True)

    assert look(rollout, busy).effect == Nothing()
    assert isinstance(look(rollout, replace(busy, is_changing=False)).effect, Route)


def test_weights_that_sagemaker_took_back_are_asked_for_again() -> None:
    rollout = a_rollout(Position.RETURNING)

    decision = look(rollout, as_wanted(rollout, is_routing_by_weights=False))

    assert isinstance(decision.effect, Route)


def test_weights_that_stay_out_of_effect_are_told_once_and_asked_for_all_the_same() -> None:
    rollout = a_rollout(Position.RETURNING)
    seen = as_wanted(rollout, is_routing_by_weights=False, failure_reason="an instance was lost")

    first = look(rollout, seen)
    early = look(first.rollout, seen, after=14)
    late = look(first.rollout, seen, after=15)
    later = look(late.rollout, seen, after=16)

    assert first.rollout.stuck == Stuck(T0)
    assert (first.entry, early.rollout, later.rollout) == (None, first.rollout, late.rollout)
    assert [each.opens_incident for each in (first, early, late, later)] == [False, False, True, False]
    assert all(isinstance(each.effect, Route) for each in (first, early, late, later))
    assert late.rollout.reason == (
        "champion 100, challenger 0 is not in effect after 15 minutes: an instance was lost. "
        "It is asked for again at every look"
    )


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(None, "SageMaker does not say why"), (Trouble(UNHEALTHY, 1, T0, is_capacity=False), UNHEALTHY)],
)
def test_why_weights_are_out_of_effect_is_what_is_known(trouble: Trouble | None, why: str) -> None:
    rollout = replace(a_rollout(Position.RETURNING), stuck=Stuck(T0), trouble=trouble)

    assert why in look(rollout, as_wanted(rollout, is_routing_by_weights=False), after=15).rollout.reason


def test_weights_that_came_into_effect_after_all_are_stuck_no_more() -> None:
    rollout = replace(a_rollout(is_settled=False, settled_at=None), stuck=Stuck(T0, is_told=True))

    assert look(rollout, as_wanted(rollout), after=20).rollout.stuck is None


def test_weights_that_are_refused_at_every_look_are_recorded_once() -> None:
    rollout = a_rollout(Position.RETURNING)

    first = refused(rollout, as_wanted(rollout), UNHEALTHY, now=minutes(1))
    second = refused(first.rollout, as_wanted(rollout), UNHEALTHY, now=minutes(2))

    assert first.entry is not None
    assert (second.rollout, second.entry) == (first.rollout, None)

"""A drift that was refused waits: it starts one retraining at most, within the limits, and only while it stands."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.retraining.book import Book, Refusal
from sluice.domain.retraining.decide import MONTH, Refuse, Start, decide
from sluice.domain.retraining.pending import Pending
from sluice.domain.retraining.policy import Limits, Policy
from sluice.domain.retraining.run import NOT_STARTED, Observed, Run
from sluice.domain.retraining.take_up import Drop, Standing, Wait, take_up
from sluice.domain.retraining.trigger import Cause, Trigger
from tests.retraining_builders import HOUR, PIPELINE, POLICY, T0, a_drift, a_run, in_flight

WAITS = Pending.of(a_drift())
STANDS = Standing("1", drifts=True)
LATER = T0 + 30 * HOUR


def test_one_that_still_stands_is_taken_up_once_the_cool_down_is_over() -> None:
    book = Book("flights", past=(a_run(at=T0 - HOUR),))

    assert take_up(book, WAITS, POLICY, STANDS, now=T0 + 18 * HOUR) == Wait()
    assert take_up(book, WAITS, POLICY, STANDS, now=T0 + 19 * HOUR) == Start()


def test_it_waits_for_what_is_in_flight_whoever_started_that() -> None:
    assert take_up(in_flight(at=T0 - HOUR), WAITS, POLICY, STANDS, now=LATER) == Wait()
    assert take_up(Book("flights"), WAITS, POLICY, STANDS, now=LATER, elsewhere=["arn:x"]) == Wait()


def test_it_waits_for_labels_from_when_the_first_drift_of_a_version_was_told() -> None:
    policy = replace(POLICY, limits=replace(POLICY.limits, drift_wait=3 * HOUR))
    refused = decide(a_drift(), Book("flights"), policy.limits, now=T0)
    book = Book("flights").with_drift(a_drift())
    again = book.with_drift(replace(a_drift(at=T0 + 2 * HOUR), key="drift:more", reason="more"))

    assert isinstance(refused, Refuse)
    assert "drift_wait_hours is 3: not before" in refused.reason
    assert decide(a_drift(), Book("flights"), policy.limits, now=T0 + 3 * HOUR) == Start()
    assert again.pending is not None
    assert (again.pending.reason, again.pending.at) == ("more", T0)
    assert take_up(again, again.pending, policy, STANDS, now=T0 + 2.9 * HOUR) == Wait()
    assert take_up(again, again.pending, policy, STANDS, now=T0 + 3 * HOUR) == Start()


def test_a_drift_of_another_version_or_one_after_a_retraining_waits_anew() -> None:
    other = Book("flights").with_drift(a_drift()).with_drift(replace(a_drift(at=T0 + HOUR), version="2"))
    learnt = Book("flights", past=(a_run("operator:1", at=T0 + HOUR),)).waiting(WAITS)

    assert other.pending is not None
    assert other.pending.at == T0 + HOUR
    assert learnt.with_drift(a_drift(at=T0 + 2 * HOUR)).pending == Pending.of(a_drift(at=T0 + 2 * HOUR))


def test_it_waits_for_the_budget() -> None:
    book = Book("flights", past=tuple(a_run(str(day), at=T0 - 24 * day * HOUR) for day in (1, 2, 3)))

    assert take_up(book, WAITS, POLICY, STANDS, now=LATER) == Wait()
    assert take_up(book, WAITS, POLICY, STANDS, now=T0 + MONTH - 24 * HOUR) == Start()


@pytest.mark.parametrize(
    ("standing", "policy", "why"),
    [
        (Standing("2", drifts=True), POLICY, "version 1 is not the champion any more"),
        (Standing(None, drifts=True), POLICY, "version 1 is not the champion any more"),
        (Standing("1", drifts=False), POLICY, "version 1 does not drift any more"),
        (STANDS, replace(POLICY, on_drift=False), "retraining.on_drift is false by now"),
    ],
)
def test_what_does_not_stand_any_more_is_dropped_and_says_why(standing: Standing, policy: Policy, why: str) -> None:
    assert take_up(Book("flights"), WAITS, policy, standing, now=LATER) == Drop(why)


def test_a_retraining_since_has_seen_the_drift_and_one_that_was_not_started_has_not() -> None:
    book = Book("flights", past=(a_run("operator:1", at=T0 + HOUR),))
    failed = Book("flights", past=(a_run("operator:1", at=T0 + HOUR, status=NOT_STARTED),))

    assert take_up(book, WAITS, POLICY, STANDS, now=LATER) == Drop("retraining run-operator:1 was called for since")
    assert take_up(failed, WAITS, POLICY, STANDS, now=LATER) == Start()


def test_what_waits_is_kept_in_the_book_and_makes_the_same_call_again() -> None:
    book = Book("flights").waiting(WAITS)

    assert Book.from_dict(book.to_dict()) == book
    assert WAITS.trigger("flights", now=LATER) == a_drift(at=LATER)
    old = book.waiting(None).to_dict()
    del old["pending"]
    assert Book.from_dict(old).pending is None


STEPS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from([*Cause, "look"]),
        st.integers(0, 6),
        st.booleans(),
        st.sampled_from(["Executing", "Succeeded", "Failed", "Stopped", NOT_STARTED]),
        st.sampled_from([STANDS, STANDS, Standing("1", drifts=False), Standing("2", drifts=True)]),
    ),
    max_size=40,
)


@given(STEPS, st.integers(0, 60), st.integers(1, 4))
def test_whatever_comes_none_runs_beside_another_none_is_over_the_limits_and_a_drift_starts_one(
    steps: list[tuple[int, Cause | str, int, bool, str, Standing]], cooldown: int, most: int
) -> None:
    policy = Policy(PIPELINE, Limits(cooldown * HOUR, most))
    book, now, started = Book("flights"), T0, list[str]()
    for wait, what, key, force, status, standing in steps:
        now += wait * HOUR
        if book.in_flight is not None:
            book = book.with_run(book.in_flight.seen(Observed(status), now=now))
        before = book
        if isinstance(what, Cause):
            is_forced = force and what is Cause.OPERATOR
            book = called(book, a_drift(f"{what}:{key}", at=now), what, policy, is_forced=is_forced)
        else:
            is_forced, book = False, looked(book, policy, standing, now)
        begun = [run for run in book.runs if run not in before.runs]
        assert len(begun) <= 1
        for run in begun:
            assert before.in_flight is None
            assert run.key not in started
            started.append(run.key)
            times = [each.requested_at for each in before.runs if each.has_run]
            assert is_forced or all(run.requested_at - at >= policy.limits.cooldown for at in times)
            assert is_forced or sum(now - at < MONTH for at in times) < most
    assert Book.from_dict(book.to_dict()) == book


def called(book: Book, trigger: Trigger, cause: Cause, policy: Policy, *, is_forced: bool) -> Book:
    """What the use case does with a trigger."""
    trigger = replace(trigger, cause=cause, force=is_forced)
    decision = decide(trigger, book, policy.limits, now=trigger.at)
    if isinstance(decision, Refuse):
        pending = Pending.of(trigger) if cause is Cause.DRIFT else book.pending
        return book.with_refusal(Refusal.of(trigger, decision.reason, now=trigger.at)).waiting(pending)
    return book.with_run(Run.of(trigger, trigger.key)) if isinstance(decision, Start) else book


def looked(book: Book, policy: Policy, standing: Standing, now: datetime) -> Book:
    """What the use case does at a look."""
    if book.pending is None:
        return book
    became = take_up(book, book.pending, policy, standing, now=now)
    if isinstance(became, Start):
        trigger = book.pending.trigger("flights", now=now)
        return book.waiting(None).with_run(Run.of(trigger, trigger.key))
    return book.waiting(None) if isinstance(became, Drop) else book

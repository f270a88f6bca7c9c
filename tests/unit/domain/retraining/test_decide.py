"""One in flight, a pause between them, a budget a month, one answer an event: whatever comes in whatever order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.retraining.book import Book, Refusal
from sluice.domain.retraining.decide import MONTH, Refuse, Repeated, Start, decide
from sluice.domain.retraining.policy import Limits
from sluice.domain.retraining.run import LOST, NOT_STARTED, Observed, Run
from sluice.domain.retraining.trigger import Cause, Trigger
from tests.retraining_builders import HOUR, LIMITS, T0, a_run, a_trigger, by_hand, in_flight


def refused(trigger: Trigger, book: Book, limits: Limits = LIMITS, **more: object) -> str:
    decision = decide(trigger, book, limits, now=trigger.at, **more)  # type: ignore[arg-type]
    assert isinstance(decision, Refuse)
    return decision.reason


def test_the_first_call_starts_one() -> None:
    assert decide(a_trigger(), Book("flights"), LIMITS, now=T0) == Start()


@pytest.mark.parametrize("trigger", [a_trigger(at=T0 + 2 * HOUR), by_hand(at=T0 + 2 * HOUR, force=True)])
def test_one_at_most_is_in_flight_even_when_forced(trigger: Trigger) -> None:
    said = refused(trigger, in_flight(at=T0))

    assert said == "retraining run-schedule:0 is in flight (Executing, for 2.0 hours), and one at most may be"


def test_what_somebody_started_by_hand_is_in_flight_too() -> None:
    said = refused(by_hand(force=True), Book("flights"), elsewhere=["arn:x"])

    assert said == "arn:x is in flight, which was not started by Sluice, and one at most may be"


def test_in_the_cool_down_only_force_starts_one() -> None:
    book = Book("flights", past=(a_run(at=T0),))
    at = T0 + 19.5 * HOUR

    assert refused(by_hand(at=at), book) == (
        "the last retraining was called for at 2026-11-21 03:00 UTC, 19.5 hours before; cooldown_hours is 20: "
        "not before 2026-11-21 23:00 UTC"
    )
    assert decide(by_hand(at=at, force=True), book, LIMITS, now=at) == Start()
    assert decide(by_hand(at=T0 + 20 * HOUR), book, LIMITS, now=at) == Start()


def test_a_late_call_of_a_schedule_counts_from_when_it_was_due() -> None:
    book = Book("flights", past=(a_run(at=T0),))
    daily = Limits(24 * HOUR, 30)

    assert decide(a_trigger(at=T0 + 24 * HOUR), book, daily, now=T0 + 24 * HOUR + timedelta(seconds=9)) == Start()


def test_the_budget_of_a_month_is_kept_and_says_when_it_is_free_again() -> None:
    past = tuple(a_run(str(day), at=T0 + timedelta(days=day), status="Failed") for day in (9, 6, 3))
    book = Book("flights", past=(*past, a_run("long ago", at=T0 - MONTH)))
    at = T0 + timedelta(days=12)

    assert refused(a_trigger(at=at), book) == (
        "3 retrainings were started in the last 30 days, most_per_30_days is 3: not before 2026-12-24 03:00 UTC"
    )
    assert decide(by_hand(at=at, force=True), book, LIMITS, now=at) == Start()
    free = T0 + timedelta(days=33)
    assert decide(a_trigger(at=free), book, LIMITS, now=free) == Start()


def test_what_could_not_be_started_costs_nothing() -> None:
    past = tuple(a_run(str(place), status=NOT_STARTED) for place in range(9))

    assert decide(a_trigger(at=T0 + HOUR), Book("flights", past=past), LIMITS, now=T0 + HOUR) == Start()


def test_an_event_is_answered_once() -> None:
    run, trigger = a_run("schedule:1"), a_trigger("schedule:2")
    refusal = Refusal.of(trigger, "too soon", now=T0)
    book = Book("flights", past=(run,)).with_refusal(refusal)

    assert decide(a_trigger("schedule:1"), book, LIMITS, now=T0) == Repeated(run)
    assert decide(trigger, book, LIMITS, now=T0 + 100 * HOUR) == Repeated(refusal)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.sampled_from(list(Cause)),
            st.integers(0, 8),
            st.booleans(),
            st.sampled_from(["Executing", "Succeeded", "Failed", LOST, NOT_STARTED]),
        ),
        max_size=25,
    ),
    st.floats(0, 200),
    st.integers(1, 5),
)
def test_whatever_comes_limits_hold(steps: list[tuple[int, Cause, int, bool, str]], cooldown: float, most: int) -> None:
    limits, book, now = Limits(cooldown * HOUR, most), Book("flights"), T0
    unforced: list[Run] = []
    for wait, cause, key, force, status in steps:
        now += wait * HOUR
        if book.in_flight is not None:
            book = book.with_run(book.in_flight.seen(Observed(status), now=now))
        trigger = a_trigger(f"{cause}:{key}", at=now, cause=cause, force=force and cause is Cause.OPERATOR)
        before = book
        decision = decide(trigger, book, limits, now=now)
        if isinstance(decision, Refuse):
            book = book.with_refusal(Refusal.of(trigger, decision.reason, now=now))
        elif isinstance(decision, Start):
            assert before.in_flight is None
            assert before.answered(trigger.key) is None
            run = Run.of(trigger, str(len(unforced)))
            started = [each.requested_at for each in before.runs if each.has_run]
            if not trigger.force:
                assert all(now - at >= limits.cooldown for at in started)
                assert sum(now - at < MONTH for at in started) < most
            book = book.with_run(run)
    assert Book.from_dict(book.to_dict()) == book

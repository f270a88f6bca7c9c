from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sluice.domain.attribution import Attribution
from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.record import (
    OUT_OF_BOUNDS,
    Compare,
    Credit,
    Decline,
    Kept,
    Move,
    Record,
    State,
    TakeBack,
    steps,
)
from sluice.domain.feedback.rules import RuleBook, Rules

T0 = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BOOK = RuleBook({"flights": Rules(0, 1, timedelta(days=30), timedelta(days=1))})
FIRST = Answered("p-1", "flights", Attribution("0" * 16, "challenger", "2", 0.1, 7, 1), T0)
SECOND = Answered("p-1", "flights", replace(FIRST.by, variant="champion", version="1", attempt=2), T0)
CLICK = Feedback("p-1", "click", 1.0, None, T0)


def a_record(*attempts: Answered, kept: Kept | None = None, taken_back: int | None = None) -> Record:
    feedback = {} if kept is None else {kept.feedback.name: kept}
    return Record(attempts, feedback, frozenset() if taken_back is None else frozenset({taken_back}))


def test_nothing_is_done_about_a_prediction_that_nobody_answered() -> None:
    assert steps(a_record(kept=Kept(CLICK, State.WAITING)), BOOK) == ()
    assert steps(Record(), BOOK) == ()


def test_waiting_feedback_is_credited_to_the_last_attempt() -> None:
    record = a_record(FIRST, SECOND, kept=Kept(CLICK, State.WAITING), taken_back=1)

    assert steps(record, BOOK) == (Credit(CLICK, SECOND),)


def test_feedback_out_of_the_models_bounds_does_not_count() -> None:
    large = replace(CLICK, value=2.0)

    assert steps(a_record(FIRST, kept=Kept(large, State.WAITING)), BOOK) == (Decline(large, FIRST, OUT_OF_BOUNDS),)


def test_credit_follows_the_answer_before_the_exposure_is_taken_back() -> None:
    record = a_record(FIRST, SECOND, kept=Kept(CLICK, State.JOINED, attempt=1))

    assert steps(record, BOOK) == (Move(CLICK, FIRST, SECOND), TakeBack(FIRST))


def test_a_label_is_compared_with_a_number_whatever_it_is_and_with_scores_as_a_class() -> None:
    label = Feedback("p-1", "label", 0.25, None, T0)
    book = RuleBook({"flights": replace(BOOK.models["flights"], label="label")})

    def compared(scores: tuple[float, ...] | None) -> list[Compare]:
        record = a_record(replace(FIRST, scores=scores), kept=Kept(label, State.JOINED, attempt=1))
        return [step for step in steps(record, book) if isinstance(step, Compare)]

    (step,) = compared((12.5,))
    assert (step.is_counted, step.is_taken_back) == (True, False)
    assert compared((0.25, 0.75)) == compared(None) == []


def test_a_settled_record_is_left_alone() -> None:
    joined, declined = Kept(CLICK, State.JOINED, attempt=2), Kept(CLICK, State.NOT_COUNTED)

    assert steps(a_record(FIRST, SECOND, kept=joined, taken_back=1), BOOK) == ()
    assert steps(a_record(FIRST, kept=declined), BOOK) == ()


def test_credit_of_an_attempt_that_has_expired_stays_where_it_is() -> None:
    assert steps(a_record(SECOND, kept=Kept(CLICK, State.JOINED, attempt=1)), BOOK) == ()


LABELLED = RuleBook({"flights": Rules(0, 1, timedelta(days=30), timedelta(days=1), label="late")})
LATE = Feedback("p-1", "late", 1.0, None, T0)
WAITING = Kept(LATE, State.WAITING)
SCORED = replace(FIRST, scores=(0.25, 0.75))
SCORED_LATER = replace(SECOND, scores=(0.5, 0.5))


def test_a_label_is_compared_before_it_is_credited() -> None:
    assert steps(a_record(SCORED, kept=WAITING), LABELLED) == (Compare(LATE, None, SCORED), Credit(LATE, SCORED))


def test_a_label_that_is_compared_is_left_alone() -> None:
    joined = Kept(LATE, State.JOINED, attempt=1)

    assert steps(replace(a_record(SCORED, kept=joined), compared=1), LABELLED) == ()


def test_a_label_counts_although_its_units_reward_does_not() -> None:
    declined = Kept(LATE, State.NOT_COUNTED)

    assert steps(a_record(SCORED, kept=declined), LABELLED) == (Compare(LATE, None, SCORED),)


def test_a_label_follows_the_answer() -> None:
    joined = Kept(LATE, State.JOINED, attempt=2)
    record = replace(a_record(SCORED, SCORED_LATER, kept=joined, taken_back=1), compared=1)

    (step,) = steps(record, LABELLED)

    assert step == Compare(LATE, SCORED, SCORED_LATER)
    assert (step.is_taken_back, step.is_counted) == (True, True)


def test_a_label_leaves_an_answer_that_was_not_given_for_one_that_has_no_scores() -> None:
    joined = Kept(LATE, State.JOINED, attempt=2)
    record = replace(a_record(SCORED, SECOND, kept=joined, taken_back=1), compared=1)

    (step,) = steps(record, LABELLED)

    assert isinstance(step, Compare)
    assert (step.is_taken_back, step.is_counted) == (True, False)


def test_a_label_of_an_attempt_that_has_expired_stays_where_it_is() -> None:
    joined = Kept(LATE, State.JOINED, attempt=2)

    assert steps(replace(a_record(SCORED_LATER, kept=joined), compared=1), LABELLED) == ()


def test_no_answer_no_class_and_no_label_are_compared_with_nothing() -> None:
    half, far = replace(LATE, value=0.5), replace(LATE, value=2.0)
    three = replace(FIRST, scores=(0.2, 0.3, 0.5))
    for attempt, said in ((FIRST, LATE), (SCORED, half), (three, far), (SCORED, CLICK)):
        done = steps(a_record(attempt, kept=Kept(said, State.WAITING)), LABELLED)
        assert not any(isinstance(step, Compare) for step in done)
    assert steps(a_record(SCORED, kept=WAITING), BOOK) == (Credit(LATE, SCORED),)

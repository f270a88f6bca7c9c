"""What is kept of retrainings, and how it is told."""

import json
from typing import Any

import pytest

from sluice.domain.errors import RetrainingRefused
from sluice.domain.retraining.book import MOST_RUNS, Book, Refusal
from sluice.domain.retraining.describe import describe
from sluice.domain.retraining.run import FailedStep, Observed, Run
from sluice.domain.retraining.trigger import Cause
from tests.retraining_builders import HOUR, T0, a_run, a_trigger, by_hand, in_flight

FAILED = Observed("Failed", "Step failure", (FailedStep("train", "out of memory"), FailedStep("gate", "x" * 900)))


def test_a_run_ends_with_its_reasons_and_then_changes_no_more() -> None:
    run = Run.of(by_hand(force=True, parameters={"Months": "3"}), "1")

    ended = run.seen(Observed("Executing"), now=T0).seen(FAILED, now=T0 + HOUR)

    assert run.parameters == {"Months": "3", "Reason": "new month"}
    assert (ended.status, ended.ended_at, ended.failure, ended.parameters) == ("Failed", T0 + HOUR, "Step failure", {})
    assert [step.name for step in ended.failed] == ["train", "gate"]
    assert len(ended.failed[1].reason) == 250
    assert ended.seen(FAILED, now=T0 + 2 * HOUR) is ended


def test_only_so_many_are_kept_and_all_of_them_fit_into_an_item() -> None:
    book = Book("flights")
    for number in range(MOST_RUNS + 20):
        trigger = a_trigger(str(number), reason="🛫" * 5000)
        steps = tuple(FailedStep("s" * 50, "🛫" * 5000) for _ in range(9))
        book = book.with_run(Run.of(trigger, str(number)).seen(Observed("Failed", "🛫" * 5000, steps), now=T0))
        book = book.with_refusal(Refusal.of(trigger, "🛫" * 5000, now=T0))

    assert (len(book.past), len(book.refused)) == (MOST_RUNS, 50)
    assert book.past[0].id == str(MOST_RUNS + 19)
    longest = by_hand(parameters={"Text": "🛫" * 4000}, reason="🛫" * 2000)
    book = book.with_run(Run.of(longest, "in flight"))
    assert len(json.dumps(book.to_dict())) < 350_000
    assert len(book.past[0].reason) == 250
    assert len(book.past[-1].reason) == 60


def test_how_it_stands_is_one_line() -> None:
    failed = a_run(status="Failed", failed=(FailedStep("train", "out of memory"),), failure="Step failure")
    later = Refusal.of(a_trigger(at=T0 + HOUR), "too soon", now=T0 + HOUR)

    assert describe(Book("flights")) == "none so far"
    assert describe(in_flight()) == "run-schedule:0 (schedule: new month) is Executing"
    assert describe(Book("flights", past=(a_run(),))) == "run-schedule:0 (schedule: new month) is Succeeded"
    assert describe(Book("flights", past=(failed,)).with_refusal(later)) == (
        "run-schedule:0 (schedule: new month) is Failed: step train: out of memory; "
        "refused at 2026-11-21 04:00 UTC (schedule): too soon"
    )
    assert describe(Book("flights", past=(a_run(status="Stopped"),))).endswith("is Stopped")
    assert describe(Book("flights", past=(a_run(status="Lost", failure="gone"),))).endswith("is Lost: gone")
    assert describe(Book("flights").with_refusal(later)).startswith("none so far; refused at")


def test_a_refusal_of_before_is_not_told_any_more() -> None:
    earlier = Refusal.of(a_trigger(), "too soon", now=T0 - HOUR)

    assert describe(in_flight().with_refusal(earlier)) == "run-schedule:0 (schedule: new month) is Executing"


@pytest.mark.parametrize(
    ("cause", "changes", "says"),
    [
        (Cause.SCHEDULE, {"force": True}, "only a person may force"),
        (Cause.OPERATOR, {"reason": "  "}, "for a reason"),
        (Cause.OPERATOR, {"parameters": {"Months": 3}}, "as strings"),
        (Cause.OPERATOR, {"parameters": {"Reason": "x"}}, "given apart"),
        (Cause.OPERATOR, {"parameters": {"Text": "x" * 4096}}, "at most 4096 characters, got 4100"),
    ],
)
def test_senseless_triggers_are_refused(cause: Cause, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(RetrainingRefused, match=says):
        a_trigger(cause=cause, **changes)

"""What the gate refused is told apart from what broke, and from what a person stopped."""

import pytest

from sluice.domain.retraining.describe import describe_run
from sluice.domain.retraining.ending import Ending, ending
from sluice.domain.retraining.run import FailedStep, Observed, Run
from sluice.domain.training.refusal import not_judged
from tests.retraining_builders import a_drift, a_run, by_hand

STOPPED = FailedStep("refuse", "the gate stopped version 5 for slice carrier B6: late: 3 % worse")
UNJUDGED = FailedStep("refuse", not_judged("5", "model.onnx is missing"))


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (a_run(status="Executing"), None),
        (a_run(status="Succeeded"), Ending.MADE),
        (a_run(status="Failed", failed=(STOPPED,)), Ending.REFUSED),
        (a_run(status="Failed", failed=(STOPPED,)).brief(), Ending.REFUSED),
        (a_run(status="Failed", failed=(UNJUDGED,)), Ending.BROKE),
        (a_run(status="Failed", failed=(FailedStep("train", "out of memory"),)), Ending.BROKE),
        (a_run(status="Failed", failure="the role is gone"), Ending.BROKE),
        (a_run(status="Lost"), Ending.BROKE),
        (a_run(status="NotStarted"), Ending.BROKE),
        (a_run(status="Stopped"), Ending.STOPPED),
    ],
)
def test_an_end_is_one_of_four(run: Run, expected: Ending | None) -> None:
    assert ending(run) is expected


def test_what_a_person_asked_for_in_vain_was_told_to_that_person() -> None:
    assert ending(Run.of(by_hand(), "1").seen(Observed("NotStarted"), now=by_hand().at)) is Ending.STOPPED
    assert ending(Run.of(a_drift(), "1").seen(Observed("NotStarted"), now=a_drift().at)) is Ending.BROKE


def test_the_slice_is_named_where_the_gate_refused() -> None:
    refused, broken = (a_run(status="Failed", failed=(step,)) for step in (STOPPED, UNJUDGED))

    assert describe_run(refused) == (
        "run-schedule:0 (schedule: new month) was refused by the gate: "
        "the gate stopped version 5 for slice carrier B6: late: 3 % worse"
    )
    assert describe_run(refused.brief()).endswith("was refused by the gate")
    assert describe_run(broken) == (
        "run-schedule:0 (schedule: new month) is Failed: step refuse: version 5 cannot be judged: model.onnx is missing"
    )

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.domain.attribution import Attribution
from sluice.domain.exchange import Exchange
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import Message
from sluice.domain.replay.report import Outcome, Report
from sluice.domain.rollout.rollout import Position
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.service.choose_captured import Choice, Chosen
from sluice.service.replay import VariantCandidate, is_judged, replay
from tests.builders import Clock, ScriptedRuntime, a_failure, an_answer
from tests.unit.cli.rollouts import PROGRESSING, a_rollout

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
JSON = "application/json"
SIGNATURE = Signature(
    "flights",
    "2",
    (TensorSpec("x", Datatype.FP32, (-1,)),),
    (TensorSpec("y", Datatype.FP32, (-1,), maximum=100.0),),
)


def message(form: Any) -> Message:
    return Message(json.dumps(form).encode(), JSON)


def chosen(
    answered: Any = (1.0,), *, name: str = "p-1", rows: tuple[int, ...] | None = None, fits: bool = True
) -> Chosen:
    """One request and what was answered: a list of predictions, a message, or None."""
    inputs = tuple({"x": row} for row in range(len(answered) if isinstance(answered, tuple) else 1)) if fits else ()
    answer = message({"predictions": list(answered)}) if isinstance(answered, tuple) else answered
    by = Attribution("0" * 16, "champion", "1", 0.9, 7, 1)
    request = message({"instances": [each["x"] for each in inputs]})
    exchange = Exchange(name, "champion", request, answer, NOW, by, is_probe=False)
    return Chosen(exchange, inputs, tuple(range(len(inputs))) if rows is None else rows)


def replayed(
    *requests: Chosen, answers: Any, clock: Callable[[], float] | None = None, sensitive: Sequence[str] = ()
) -> Report:
    """Answers are lists of predictions, other forms, bytes, or failures."""
    steps = [
        an_answer("challenger", json.dumps({"predictions": list(step)}).encode())
        if isinstance(step, tuple)
        else an_answer("challenger", step)
        if isinstance(step, bytes)
        else step
        for step in answers
    ]
    moving = Clock()
    candidate = VariantCandidate(
        ScriptedRuntime(moving, seconds=0.02, challenger=steps), "sluice-flights", "challenger"
    )
    choice = Choice(tuple(requests), Counter({"a line is not JSON": 2}))
    return replay(choice, candidate, signature=SIGNATURE, tolerance=1e-4, clock=clock or moving, sensitive=sensitive)


def test_both_answers_are_compared_row_by_row() -> None:
    report = replayed(chosen((1.0, 2.0)), chosen((3.0,), name="p-2"), answers=[(1.0, 2.5), (3.0,)])

    assert dict(report.outcomes) == {Outcome.COMPARED: 2}
    assert (report.rows, report.agreeing) == (3, 2)
    assert report.outputs["y"].differences.largest == 0.5
    assert dict(report.versions) == {"1": 2}
    assert dict(report.skipped) == {"a line is not JSON": 2}
    assert report.milliseconds.mean == pytest.approx(20)


def test_the_worst_examples_show_inputs_and_both_answers() -> None:
    (example,) = replayed(chosen((1.0, 2.0)), answers=[(1.0, 2.5)]).worst

    assert (example.prediction_id, example.row, example.agrees, example.difference) == ("p-1", 1, False, 0.5)
    assert (example.inputs, example.captured, example.candidate) == ({"x": 1}, {"y": 2.0}, {"y": 2.5})


def test_a_version_agrees_with_itself() -> None:
    report = replayed(chosen((1.0, 2.0)), answers=[(1.0, 2.0)])

    assert (report.agreement, report.worst) == (1.0, ())


def test_only_the_rows_of_a_slice_are_compared() -> None:
    report = replayed(chosen((1.0, 2.0, 3.0), rows=(0, 2)), answers=[(1.0, 9.0, 3.0)])

    assert (report.rows, report.agreeing) == (2, 2)


def test_a_candidate_that_gives_no_answer_agrees_with_nothing() -> None:
    report = replayed(chosen((1.0, 2.0)), chosen((1.0,)), answers=[a_failure("challenger", "ModelError"), (1.0,)])

    assert dict(report.outcomes) == {Outcome.FAILED: 1, Outcome.COMPARED: 1}
    assert report.agreement == pytest.approx(1 / 3)
    assert report.troubles == ("p-1: challenger: ModelError: as scripted",)
    assert report.milliseconds.n == 1


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((1.0, 2.0), "2 predictions for 1 rows"),
        ((101.0,), "predictions[0]: y is 101.0, the signature promises -inf to 100.0"),
        (b"oops", "the answer cannot be read: "),
        (b'{"outputs":[{"name":"y","shape":[1],"datatype":"FP32"}]}', "the answer cannot be read: not an answer"),
        (
            b'{"outputs":[{"name":"y","shape":[],"datatype":"FP32","data":[1]},{"name":"z","shape":[2],"data":[1,2]}]}',
            "output z has 2 rows for 1",
        ),
    ],
)
def test_an_answer_that_would_not_be_passed_on_agrees_with_nothing(answer: Any, trouble: str) -> None:
    report = replayed(chosen(), answers=[answer])

    assert dict(report.outcomes) == {Outcome.DEFECTIVE: 1}
    assert report.agreement == 0
    assert report.troubles[0].startswith(f"p-1: {trouble}")


def test_an_output_without_rows_cannot_be_compared() -> None:
    report = replayed(
        chosen((1.0, 2.0)), answers=[b'{"outputs":[{"name":"y","shape":[],"datatype":"FP32","data":[1]}]}']
    )

    assert report.troubles == ("p-1: an output does not go by the 2 rows",)


def test_a_request_of_another_schema_is_no_error_and_is_not_asked() -> None:
    report = replayed(chosen(fits=False), answers=["ModelError"])

    assert dict(report.outcomes) == {Outcome.MISFIT: 1}
    assert (report.agreement, report.troubles) == (None, ())


@pytest.mark.parametrize("answered", [None, Message(b"oops", JSON), message({"predictions": [1.0, 2.0]})])
def test_without_a_captured_answer_nothing_is_asked(answered: Any) -> None:
    report = replayed(chosen(answered), answers=["ModelError"])

    assert dict(report.outcomes) == {Outcome.NO_ANSWER: 1}
    assert report.agreement is None


def test_answers_beyond_the_bounds_are_compared_when_they_were_given() -> None:
    assert replayed(chosen((1000.0,)), answers=[(1.0,)]).worst[0].captured == {"y": 1000.0}


def test_answers_may_have_nothing_in_common() -> None:
    before = message({"outputs": [{"name": "old", "shape": [1], "data": [1]}]})

    report = replayed(chosen(before), answers=[(1.0,)])

    assert dict(report.outcomes) == {Outcome.NOTHING_COMMON: 1}
    assert report.agreement is None


def test_what_a_variant_is_asked_is_nobodys_prediction() -> None:
    runtime = ScriptedRuntime(Clock())
    candidate = VariantCandidate(runtime, "sluice-flights", "challenger")

    replay(Choice((chosen(),), Counter()), candidate, signature=SIGNATURE, tolerance=0, clock=Clock())

    (sent,) = runtime.sent
    assert (sent["endpoint"], sent["variant"], sent["attributes"]) == ("sluice-flights", "challenger", "sluice-replay")
    assert sent["inference_id"].startswith("replay-")
    assert sent["body"] == b'{"instances": [0]}'


def test_a_slot_whose_metrics_decide_about_a_rollout_is_judged() -> None:
    comparing, beginning = a_rollout(**PROGRESSING), a_rollout(**{**PROGRESSING, "position": Position.INSTALLING})

    assert is_judged("challenger", comparing)
    assert is_judged("champion", comparing)
    assert not is_judged("challenger-2", comparing)
    assert not is_judged("challenger", beginning)
    assert not is_judged("challenger", None)


def test_redacted_requests_are_counted_and_put_to_nobody() -> None:
    request = chosen(fits=False)
    redacted = replace(request, exchange=replace(request.exchange, redacted=("x",)))

    report = replayed(redacted, answers=[])

    assert (report.outcomes, report.rows, report.agreement) == ({Outcome.REDACTED: 1}, 0, None)


def test_sensitive_values_are_not_reported_nor_what_a_model_says_of_them() -> None:
    failed = InvocationFailed(variant="challenger", code="ModelError", message="1970-01-01 is no date")
    requests = (chosen((1.0,)), chosen((1.0, 1.0), name="p-2"))

    open_, closed = (
        replayed(*requests, answers=[failed, (1.0, 7.0)], sensitive=sensitive) for sensitive in ((), ("x",))
    )

    assert (open_.worst[0].inputs, closed.worst[0].inputs) == ({"x": 1}, {"x": 0})
    assert open_.troubles == ("p-1: challenger: ModelError: 1970-01-01 is no date",)
    assert closed.troubles == ("p-1: challenger: ModelError",)

import json
from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest

from sluice.domain.exchange import Exchange
from sluice.domain.message import Message
from sluice.domain.replay.report import Outcome
from sluice.domain.shadow.pair import compare_copy
from sluice.domain.shadow.shadowed import Shadowed
from sluice.domain.signature import Datatype, Signature, TensorSpec

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
SIGNATURE = Signature(
    "flights",
    "1",
    (TensorSpec("x", Datatype.FP32, (-1,)),),
    (TensorSpec("y", Datatype.FP32, (-1,), minimum=0.0, maximum=10.0),),
)


def message(form: Any) -> Message:
    return Message(form if isinstance(form, bytes) else json.dumps(form).encode(), "application/json")


def predicted(*predictions: Any) -> Message:
    return message({"predictions": list(predictions)})


def paired(theirs: Message | None, mine: Message | None, *, instances: Any = (1.5,), **more: Any) -> Shadowed:
    request = message({"instances": list(instances)})
    return compare_copy(
        Exchange("p-1", "champion", request, theirs, NOW, None, is_probe=False, **more), mine, SIGNATURE
    )


def came_to(found: Shadowed) -> dict[Outcome, int]:
    return {outcome: count for outcome, count in found.report.outcomes.items() if count}


def test_a_request_counts_by_the_share_of_its_rows_that_differ() -> None:
    found = paired(predicted(1.0, 2.0, 3.0, 4.0), predicted(1.0, 2.5, 3.0, 4.00001), instances=(1, 2, 3, 4))

    assert (found.requests, found.differing, found.report.rows, found.report.agreeing) == (1, 0.25, 4, 3)
    assert [(each.row, each.agrees) for each in found.report.worst] == [(1, False), (3, True)]


def test_equal_answers_are_no_examples() -> None:
    found = paired(predicted(1.0), predicted(1.0))

    assert (found.agreement, found.report.worst) == (1.0, ())


def test_examples_hold_no_inputs_and_no_long_answers() -> None:
    theirs = message({"outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 200], "data": [1.0] * 200}]})

    (example,) = paired(theirs, predicted([2.0] * 200)).report.worst

    assert (example.inputs, len(example.captured["y"])) == ({}, 201)


def test_examples_are_json_whatever_the_answers_are() -> None:
    unbounded = Signature("flights", "1", SIGNATURE.inputs, (TensorSpec("y", Datatype.FP32, (-1,)),))
    exchange = Exchange("p-1", "champion", message({"instances": [1]}), predicted(inf), NOW, None, is_probe=False)

    (example,) = compare_copy(exchange, predicted(1.0), unbounded).report.worst

    assert json.dumps(example.to_dict(), allow_nan=False)
    assert (example.captured, example.candidate) == ({"y": "Infinity"}, {"y": 1.0})


def test_an_answer_out_of_bounds_would_have_been_held_back() -> None:
    found = paired(predicted(1.0, 2.0), predicted(1.0, 11.0), instances=(1, 2))

    assert came_to(found) == {Outcome.DEFECTIVE: 1}
    assert (found.breaches, found.champions_breaches, found.differing, found.report.rows) == (1, 0, 1.0, 2)
    assert found.report.troubles == ("p-1: predictions[1]: y is 11.0, the signature promises 0.0 to 10.0",)


@pytest.mark.parametrize(
    ("theirs", "mine", "expected"),
    [
        (predicted(11.0), predicted(1.0), (1, 0, 1)),
        (predicted(11.0), predicted(11.0), (1, 1, 1)),
        (None, predicted(1.0), (0, 0, 0)),
        (predicted(1.0), None, (0, 0, 0)),
    ],
)
def test_without_a_fit_answer_of_the_champion_there_is_nothing_to_agree_with(
    theirs: Message | None, mine: Message | None, expected: tuple[int, int, int]
) -> None:
    found = paired(theirs, mine)

    assert came_to(found) == {Outcome.NO_ANSWER: 1}
    assert (found.checked, found.breaches, found.champions_breaches) == expected
    assert found.requests == 0


def test_answers_without_a_common_output_are_not_compared() -> None:
    other = message({"outputs": [{"name": "z", "datatype": "FP32", "shape": [1], "data": [1.0]}]})

    found = paired(predicted(1.0), other)

    assert (came_to(found), found.checked) == ({Outcome.NOTHING_COMMON: 1}, 1)


def test_of_a_redacted_request_the_champions_answer_tells_the_rows() -> None:
    found = paired(predicted(1.0, 2.0), predicted(1.0, 2.5), instances=({"odd": 1},), redacted=("x",))

    assert (found.agreement, found.report.rows) == (0.5, 2)


@pytest.mark.parametrize("theirs", [None, message(b"no JSON"), predicted()])
def test_a_request_of_which_nobody_knows_the_rows_is_not_compared(theirs: Message | None) -> None:
    found = paired(theirs, predicted(1.0), instances=({"odd": 1},))

    assert (came_to(found), found.checked) == ({Outcome.NO_ANSWER: 1}, 0)

from typing import Any

import pytest

from sluice.domain.answer import defect
from sluice.domain.signature import Datatype, TensorSpec

LABEL = TensorSpec("label", Datatype.INT64, (-1,))
PROBABILITIES = TensorSpec("probabilities", Datatype.FP32, (-1, 2), minimum=0.0, maximum=1.0)


@pytest.mark.parametrize(
    "answer",
    [
        {"predictions": [0.1, {"label": 1}]},
        {"outputs": [{"name": "y", "shape": [2, 3]}, {"name": "z", "shape": [2]}]},
        {"outputs": [{"name": "threshold", "shape": []}]},
    ],
)
def test_an_answer_with_a_value_for_every_row_is_fit_to_pass_on(answer: Any) -> None:
    assert defect(answer, rows=2) is None


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (None, "the answer is not a JSON object"),
        ([0.1, 0.2], "the answer is not a JSON object"),
        ({}, "the answer has neither predictions nor outputs"),
        ({"predictions": {"0": 0.1}}, "predictions is not a list"),
        ({"predictions": [0.1]}, "1 predictions for 2 rows"),
        ({"outputs": []}, "outputs is not a list of tensors"),
        ({"outputs": {"y": [1, 2]}}, "outputs is not a list of tensors"),
        ({"outputs": [7]}, "an output has no shape"),
        ({"outputs": [{"name": "y"}]}, "an output has no shape"),
        ({"outputs": [{"name": "y", "shape": [3, 1]}]}, "output y has 3 rows for 2"),
    ],
)
def test_an_answer_that_is_not_fit_says_why(answer: Any, wrong: str) -> None:
    assert defect(answer, rows=2) == wrong


@pytest.mark.parametrize(
    "answer",
    [
        {"predictions": [{"label": 7, "probabilities": [0.0, 1.0]}]},
        {"outputs": [{"name": "label", "shape": [1], "data": [7]}, {"name": "probabilities", "shape": [1, 2]}]},
        {"outputs": [{"name": "probabilities", "shape": [1, 2], "data": [[0.25, 0.75]]}]},
    ],
)
def test_an_answer_within_the_promised_bounds_is_fit_to_pass_on(answer: Any) -> None:
    assert defect(answer, rows=1, outputs=[LABEL, PROBABILITIES]) is None


def test_an_answer_beyond_the_promised_bounds_says_where_and_what_was_promised() -> None:
    percents = {"label": 1, "probabilities": [12.5, 87.5]}
    tensors = [{"name": "probabilities", "shape": [1, 2], "data": [0.5, -0.5]}]

    found = defect({"predictions": [percents]}, rows=1, outputs=[LABEL, PROBABILITIES])
    also = defect({"outputs": tensors}, rows=1, outputs=[LABEL, PROBABILITIES])

    assert found == "predictions[0]: probabilities is 12.5, the signature promises 0.0 to 1.0"
    assert also == "probabilities is -0.5, the signature promises 0.0 to 1.0"


def test_bare_values_are_those_of_the_only_output() -> None:
    score = TensorSpec("score", Datatype.FP32, (-1, 1), maximum=1.0)

    assert defect({"predictions": [0.5, 3]}, rows=2, outputs=[score]) == (
        "predictions[1]: score is 3, the signature promises -inf to 1.0"
    )
    assert defect({"predictions": [0.5, 3]}, rows=2, outputs=[score, LABEL]) is None

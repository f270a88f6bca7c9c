from typing import Any

import pytest

from sluice.domain.answer import defect


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

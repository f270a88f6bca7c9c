from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.errors import InvalidInput
from sluice.domain.ranking import Score, ranking, score_by, scores_of
from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.builders import a_signature

FP32, INT64, BYTES, BOOL = Datatype.FP32, Datatype.INT64, Datatype.BYTES, Datatype.BOOL


def giving(*outputs: tuple[str, Datatype, tuple[int, ...]], classes: tuple[str, ...] = ()) -> Signature:
    specs = tuple(TensorSpec(*output) for output in outputs)
    return Signature("flights", "1", a_signature().inputs, specs, classes)


CLASSIFIER = giving(("label", INT64, (-1,)), ("probabilities", FP32, (-1, 2)), classes=("on_time", "late"))
WIDE = giving(("logits", FP32, (-1, 12)))
TEXT = giving(("name", BYTES, (-1,)), ("is_late", BOOL, (-1, 1)), ("any", FP32, (-1, -1)), ("grid", FP32, (-1, 2, 2)))


@pytest.mark.parametrize(
    ("signature", "names"),
    [
        (giving(("score", FP32, (-1, 1))), ["score"]),
        (CLASSIFIER, ["label", "probabilities.on_time", "probabilities.late"]),
        (giving(("logits", FP32, (-1, 2)), classes=("a", "b", "c")), ["logits[0]", "logits[1]"]),
        (TEXT, []),
        (giving(("total", FP32, ())), []),
    ],
    ids=["one number", "classes", "columns", "no number", "no rows"],
)
def test_rows_can_be_ranked_by_every_number_of_a_row(signature: Signature, names: list[str]) -> None:
    assert list(scores_of(signature)) == names


def test_the_only_number_needs_no_name() -> None:
    assert score_by(a_signature(), None) == score_by(a_signature(), "y") == Score("y")
    assert score_by(CLASSIFIER, "probabilities.late") == Score("probabilities", 1)


@pytest.mark.parametrize(
    ("signature", "name", "expected", "got"),
    [
        (CLASSIFIER, None, "one of label, probabilities.on_time, probabilities.late", "nothing: there are several"),
        (CLASSIFIER, "probabilities", "one of label, probabilities.on_time, probabilities.late", "'probabilities'"),
        (CLASSIFIER, ["label"], "one of label, probabilities.on_time, probabilities.late", "['label']"),
        (WIDE, "x", "one of " + ", ".join(f"logits[{n}]" for n in range(10)) + " and 2 more", "'x'"),
        (TEXT, None, "a model with a number a row", "no such output"),
    ],
    ids=["several", "not one number", "no name", "many", "none"],
)
def test_what_cannot_be_ranked_by_is_refused_with_what_can(
    signature: Signature, name: object, expected: str, got: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        score_by(signature, name)

    (violation,) = caught.value.violations
    assert (violation.where, violation.expected, violation.got) == ("rank_by", expected, got)


@pytest.mark.parametrize(
    ("predictions", "score"),
    [
        ([0.1, 0.9, 0.5], Score("y")),
        ([[0.1], [0.9], [0.5]], Score("y")),
        ([{"y": 1, "z": 3}, {"y": 10**400, "z": 2}, {"y": 7, "z": 1}], Score("y")),
        ([{"y": [0.9, 0.1]}, {"y": [0.1, 0.9]}, {"y": [0.5, 0.5]}], Score("y", 1)),
        ([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]], Score("y", 1)),
    ],
    ids=["bare", "of one", "named", "column", "column of the only output"],
)
def test_the_largest_number_comes_first(predictions: list[Any], score: Score) -> None:
    assert ranking({"predictions": predictions}, score) == [1, 2, 0]


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ({"predictions": [0.5, None]}, Score("y")),
        ({"predictions": [0.5, True]}, Score("y")),
        ({"predictions": [0.5, float("nan")]}, Score("y")),
        ({"predictions": [0.5, [1, 2]]}, Score("y")),
        ({"predictions": [{"y": 1}, {"z": 1}]}, Score("y")),
        ({"predictions": [[1, 2], [1]]}, Score("y", 1)),
        ({"predictions": [[1, 2], 1]}, Score("y", 1)),
    ],
)
def test_an_answer_without_the_number_says_in_which_row(answer: Any, score: Score) -> None:
    with pytest.raises(ValueError, match=r"predictions\[1\] has no number y"):
        ranking(answer, score)


@pytest.mark.parametrize("answer", [{"outputs": []}, [], {"predictions": 1}])
def test_what_is_no_answer_of_rows_cannot_be_ranked(answer: Any) -> None:
    with pytest.raises(ValueError, match="no predictions"):
        ranking(answer, Score("y"))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(allow_nan=False) | st.integers(-3, 3), max_size=20))
def test_equal_rows_stay_in_their_order_and_none_is_lost(numbers: list[float]) -> None:
    found = ranking({"predictions": numbers}, Score("y"))

    assert sorted(found) == list(range(len(numbers)))
    assert all((-numbers[a], a) < (-numbers[b], b) for a, b in pairwise(found))

from math import inf, nan
from typing import Any

import pytest

from sluice.domain.replay.compare import Compared, compare
from sluice.domain.signature import Datatype, Signature, TensorSpec

LABEL = TensorSpec("label", Datatype.INT64, (-1,))
SCORES = TensorSpec("scores", Datatype.FP32, (-1, 2))
PRICE = TensorSpec("price", Datatype.FP64, (-1,))


def compared(
    before: dict[str, Any], now: dict[str, Any], rows: tuple[int, ...] = (0,), *, tolerance: float = 1e-4
) -> Compared:
    signature = Signature("flights", "2", (TensorSpec("x", Datatype.FP32, (-1,)),), (LABEL, SCORES, PRICE), ("a", "b"))
    found = compare(before, now, rows, signature=signature, tolerance=tolerance)
    assert found is not None
    return found


def test_labels_agree_when_they_are_equal_and_have_no_difference() -> None:
    found = compared({"label": [[1], [1]]}, {"label": [[1], [0]]}, (0, 1))

    assert [row.agrees for row in found.rows] == [True, False]
    assert [row.difference for row in found.rows] == [0.0, 0.0]
    assert (found.outputs["label"].rows, found.outputs["label"].agreeing) == (2, 1)
    assert found.outputs["label"].differences.n == 0


def test_scores_of_classes_agree_by_the_best_class() -> None:
    found = compared({"scores": [[0.4, 0.6], [0.4, 0.6]]}, {"scores": [[0.1, 0.9], [0.6, 0.4]]}, (0, 1))

    assert [row.agrees for row in found.rows] == [True, False]
    assert [row.difference for row in found.rows] == pytest.approx([0.3, 0.2])
    assert found.outputs["scores"].differences.mean == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("before", "now", "agrees"),
    [(100.0, 100.005, True), (100.0, 100.1, False), (0.0, 0.00005, True), (0.0, 0.001, False)],
)
def test_numbers_agree_when_they_are_close(*, before: float, now: float, agrees: bool) -> None:
    assert compared({"price": [[before]]}, {"price": [[now]]}).rows[0].agrees is agrees


@pytest.mark.parametrize("nothing", [None, nan, inf, "much", 10**400])
def test_a_number_that_only_one_has_never_agrees(nothing: Any) -> None:
    (row,) = compared({"price": [[nothing]]}, {"price": [[1.0]]}).rows

    assert (row.agrees, row.difference) == (False, inf)


def test_a_number_that_both_lack_agrees() -> None:
    found = compared({"price": [[None]], "scores": [[None, 0.5]]}, {"price": [[nan]], "scores": [[nan, 0.5]]})

    assert (found.rows[0].agrees, found.rows[0].difference) == (True, 0.0)


def test_differences_that_are_no_numbers_are_not_summarised() -> None:
    assert compared({"price": [[None]]}, {"price": [[1.0]]}).outputs["price"].differences.n == 0


def test_another_number_of_elements_never_agrees() -> None:
    (row,) = compared({"scores": [[0.2, 0.3, 0.5]]}, {"scores": [[0.4, 0.6]]}).rows

    assert (row.agrees, row.difference) == (False, inf)


def test_a_row_agrees_when_all_outputs_do_and_differs_by_the_largest() -> None:
    (row,) = compared(
        {"label": [[1]], "scores": [[0.4, 0.6]], "price": [[1.0]]},
        {"label": [[1]], "scores": [[0.3, 0.7]], "price": [[3.0]]},
    ).rows

    assert (row.agrees, row.difference) == (False, 2.0)


def test_only_the_rows_that_are_meant_are_compared() -> None:
    found = compared({"label": [[1], [1], [0]]}, {"label": [[0], [1], [0]]}, (1, 2))

    assert [(row.row, row.agrees) for row in found.rows] == [(1, True), (2, True)]


def test_answers_without_a_common_output_cannot_be_compared() -> None:
    signature = Signature("flights", "2", (TensorSpec("x", Datatype.FP32, (-1,)),), (LABEL,))

    assert compare({"old": [[1]]}, {"label": [[1]]}, (0,), signature=signature, tolerance=0) is None


def test_tallies_add_up() -> None:
    one = compared({"price": [[1.0]]}, {"price": [[2.0]]}).outputs["price"]
    other = compared({"price": [[1.0]]}, {"price": [[1.0]]}).outputs["price"]

    assert ((one + other).rows, (one + other).agreeing, (one + other).differences.mean) == (2, 1, 0.5)

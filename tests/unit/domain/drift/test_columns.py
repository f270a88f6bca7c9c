from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.answers import NOTHING, Answers
from sluice.domain.drift.binning import CategoricalBins, NumericBins
from sluice.domain.drift.categorical import count_categories
from sluice.domain.drift.column import Codes, is_numeric, numbers, rows_of, words
from sluice.domain.drift.numeric import count_cells, count_numbers

BINS = NumericBins("temp", (0.0, 1.0, 2.5), low=-1.0, high=9.0)
WORDS = CategoricalBins("carrier", ("AA", "7", "true"))


def by_hand(values: list[float]) -> list[int]:
    """Each value on its own, with as many digits as the edges have."""
    with np.errstate(over="ignore"):
        single = np.array(values, dtype=np.float32).tolist()
    near = [short if np.isfinite(short) else value for value, short in zip(values, single, strict=True)]
    known = [value for value in near if value == value]  # noqa: PLR0124  NaN differs from itself
    ends = [-np.inf, *BINS.edges, np.inf]
    cells = [sum(low < value <= high for value in known) for low, high in pairwise(ends)]
    cells[0] += sum(value == -np.inf for value in known)
    beside = [len(values) - len(known), 0, sum(value < BINS.low for value in known)]
    return [*cells, *beside, sum(value > BINS.high for value in known), sum(np.isinf(known))]


edge_cases = st.sampled_from([-1.0, 0.0, 1.0, 2.5, 9.0, np.nan, np.inf, -np.inf, 1e300, -5e-324])


@given(st.lists(edge_cases | st.floats(-3, 12), max_size=60))
def test_numbers_fall_where_each_on_its_own_would(values: list[float]) -> None:
    assert count_numbers(BINS, np.array(values, dtype=np.float64)).tolist() == by_hand(values)


def test_blocks_add_up() -> None:
    values = np.random.default_rng(1).normal(1, 3, 40_001)

    assert count_numbers(BINS, values).tolist() == by_hand(values.tolist())


@pytest.mark.parametrize("width", [np.float16, np.float32, np.float64, np.int8, np.uint32, np.int64])
def test_numbers_of_any_width_are_counted(width: type) -> None:
    assert count_numbers(BINS, np.array([0, 1, 2, 9, 10], dtype=width)).tolist() == [1, 1, 1, 2, 0, 0, 0, 1, 0]


def test_an_edge_that_32_bits_cannot_hold_is_rounded_as_the_data_was() -> None:
    tenth = NumericBins("x", (0.1,), low=0.1, high=0.1)

    narrow = count_numbers(tenth, np.array([0.1], dtype=np.float32)).tolist()

    assert narrow == count_numbers(tenth, np.array([0.1])).tolist() == [1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("made", [np.float32, np.float64])
@pytest.mark.parametrize("read", [np.float32, np.float64])
def test_a_number_is_at_most_the_edge_it_made_however_many_digits_it_had_then_and_has_now(
    made: type, read: type
) -> None:
    winds = np.array([9.20624, 10.35702, 11.5078])
    edges = winds.astype(made).astype(np.float64)
    bins = NumericBins("wind", tuple(edges[:2]), low=edges[0], high=edges[2])

    assert count_numbers(bins, winds.astype(read)).tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    assert count_cells(winds.astype(read), bins.edges).tolist() == [1, 1, 1]


def test_an_edge_beyond_32_bits_is_beyond_all_their_numbers() -> None:
    far = NumericBins("x", (1e300,), low=-1e300, high=1e300)

    assert count_numbers(far, np.array([1.0, np.inf], dtype=np.float32)).tolist() == [2, 0, 0, 0, 0, 0, 1]


def test_in_lists_none_is_missing_and_texts_and_booleans_are_of_the_wrong_type() -> None:
    assert count_numbers(BINS, [1, 2.0, None, float("nan")]).tolist() == [0, 1, 1, 0, 2, 0, 0, 0, 0]
    assert count_numbers(BINS, [1, "2", True, None, [3], np.float32(7)]).tolist() == [0, 1, 0, 1, 1, 3, 0, 0, 0]
    assert count_numbers(BINS, np.array([1, "x"], dtype=object)).tolist() == [0, 1, 0, 0, 0, 1, 0, 0, 0]


def test_an_integer_too_large_for_a_float_is_beyond_any_range() -> None:
    assert count_numbers(BINS, [10**400, -(10**400)]).tolist() == [1, 0, 0, 1, 0, 0, 1, 1, 2]


def test_categories_where_numbers_should_be_are_of_the_wrong_type() -> None:
    assert numbers(Codes(np.array([0, 1]), ("1", "2"))).wrong_type == 2


def test_categories_are_counted_by_name_and_the_unknown_as_one() -> None:
    column = ["AA", 7, 7.0, np.int8(7), True, np.True_, b"AA", "UA", None, "", float("nan"), 0.5, ["AA"], {}]

    assert count_categories(WORDS, column).tolist() == [2, 3, 2, 1, 3, 3]


def test_what_python_thinks_equal_is_told_apart_or_not_as_json_does() -> None:
    assert words(["1", 1, 1.0]).counts == {"1": 3}
    assert words(np.array([1, 2, 2])).counts == {"1": 1, "2": 2}


def test_codes_are_counted_without_their_names() -> None:
    column = Codes(np.array([0, 1, 1, -1, 5], dtype=np.int8), ("AA", "UA", "DL"))

    assert words(column) == ({"AA": 1, "UA": 2}, 1, 1)
    assert count_categories(WORDS, column).tolist() == [1, 0, 0, 2, 1, 1]
    assert words(column[1:3]).counts == {"UA": 2}


@given(
    st.lists(st.none() | st.text(max_size=2) | st.integers(-2, 2) | st.floats() | st.lists(st.integers(), max_size=1))
)
def test_every_row_of_categories_is_counted_once(column: list[object]) -> None:
    assert count_categories(WORDS, column).sum() == len(column)


def test_a_column_is_numeric_by_its_type_or_its_first_value() -> None:
    assert is_numeric(np.array([1.5]))
    assert is_numeric([None, 3])
    assert is_numeric([])
    assert not is_numeric([None, "3"])
    assert not is_numeric([True])
    assert not is_numeric(np.array(["a"]))
    assert not is_numeric(np.array([None, "a"], dtype=object))
    assert not is_numeric(Codes(np.array([0]), ("a",)))


def test_a_column_has_one_value_a_row() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 1\)"):
        rows_of(np.zeros((2, 1)))


def test_cells_leave_out_what_is_missing() -> None:
    assert count_cells(np.array([0.1, 0.5, np.nan, 0.9]), (0.5,)).tolist() == [2, 1]


@pytest.mark.parametrize(
    ("probabilities", "chosen"),
    [
        ([np.nan, np.nan], NOTHING),
        ([np.inf, -np.inf], NOTHING),
        ([np.nan, np.inf], NOTHING),
        ([0.3, np.nan], 0),
        ([np.inf, 0.3], 1),
        ([np.nan, -5.0], 1),
    ],
)
def test_a_class_is_chosen_among_those_with_a_number(probabilities: list[float], chosen: int) -> None:
    answers = Answers.most_probable(np.array([[0.2, 0.8], probabilities]))

    assert answers.predicted.tolist() == [1, chosen]


def test_answers_have_a_class_for_each_row() -> None:
    probabilities = np.array([[0.2, 0.8], [np.nan, 0.1], [0.5, 0.5]])

    answers = Answers.most_probable(probabilities)

    assert answers.predicted.tolist() == [1, 1, 0]
    assert len(answers[1:]) == 2
    for wrong in (np.array([0, 1]), np.array([0, 1, 2]), np.array([0, -2, 1])):
        with pytest.raises(ValueError, match="predicted"):
            Answers(probabilities, wrong)
    with pytest.raises(ValueError, match="probabilities"):
        Answers(probabilities[0], np.array([1]))

"""Numbers that a model answers beside what was true: counted exactly, in any order and pieces, taken back exactly."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.binning import Binning, NumericBins, Role
from sluice.domain.drift.column import Codes
from sluice.domain.drift.number_outcomes import NumberOutcomes, count_number_outcomes, no_number_outcomes
from sluice.domain.drift.number_quality import number_quality_of
from sluice.domain.drift.outcomes_wire import decode_outcomes, encode_outcomes
from sluice.domain.drift.tolerance import Tolerance
from sluice.domain.errors import InvalidReference, InvalidSummary, ReferenceMismatch

MINUTES = NumericBins("minutes", (), 0.0, 0.0, Role.OUTPUT)
TOLERANCE = Tolerance("minutes", 2.0)
BINNING = Binning((MINUTES,), tolerance=TOLERANCE)
PLAIN = Binning((MINUTES,))
NOTHING = no_number_outcomes(BINNING)


def counted(*pairs: tuple[Any, float]) -> NumberOutcomes:
    """Answers, each with what was true."""
    return count_number_outcomes(BINNING, [said for said, _ in pairs], np.array([true for _, true in pairs]))


def test_errors_are_counted_by_the_tolerance_and_added_up_in_its_millionths() -> None:
    outcomes = counted((11.0, 10.0), (8.0, 10.0), (12.5, 10.0))

    assert (outcomes.rows, outcomes.wrong) == (3, 1)
    assert outcomes.to_dict() == {"within": 2, "beyond": 1, "absolute": 2_750_000, "signed": 750_000}


def test_the_mean_absolute_error_and_the_bias_are_in_the_unit_of_the_output() -> None:
    quality = number_quality_of(TOLERANCE, counted((11.0, 10.0), (8.0, 10.0), (12.5, 10.0), (10.0, 10.0)))

    assert quality is not None
    assert quality.to_dict() == {
        "rows": 4,
        "mean_absolute_error": pytest.approx(5.5 / 4),
        "bias": pytest.approx(1.5 / 4),
        "tolerance": 2.0,
        "accuracy": 0.75,
    }
    assert number_quality_of(TOLERANCE, NOTHING) is None


@pytest.mark.parametrize("odd", [None, float("nan"), float("inf"), 1e39, 10**400, "7", True])
def test_rows_without_a_number_are_left_out_as_those_without_a_label_are(odd: Any) -> None:
    assert counted((odd, 10.0), (11.0, 10.0), (11.0, float("nan"))) == counted((11.0, 10.0))


def test_arrays_are_read_as_lists_are_and_categories_are_no_numbers() -> None:
    labels = np.array([10.0, 10.0])

    assert count_number_outcomes(BINNING, np.array([11, 8]), labels) == counted((11, 10.0), (8, 10.0))
    assert count_number_outcomes(BINNING, [np.float32(11), np.int64(8)], labels) == counted((11, 10.0), (8, 10.0))
    assert count_number_outcomes(BINNING, np.array([11.0, 1e300]), labels) == counted((11, 10.0))
    assert count_number_outcomes(BINNING, np.array([1.0, "x"], dtype=object), labels) == counted((1.0, 10.0))
    assert count_number_outcomes(BINNING, Codes(np.array([0, 0]), ("11",)), labels) == NOTHING


def test_answers_are_taken_at_the_width_in_which_they_are_kept() -> None:
    assert counted((0.1, 0.0)) == count_number_outcomes(BINNING, np.array([0.1], np.float32), np.array([0.0]))


def test_the_largest_errors_have_a_sum() -> None:
    outcomes = counted(*[(3e38, -3e38)] * 3)

    quality = number_quality_of(TOLERANCE, outcomes)

    assert quality is not None
    assert quality.mean_absolute_error == pytest.approx(6e38)
    assert decode_outcomes(encode_outcomes(outcomes), BINNING) == outcomes


def test_labels_fit_the_answers_and_are_finite() -> None:
    for labels in (np.array([1.0, 2.0]), np.array([float("inf")]), np.array([-4e38])):
        with pytest.raises(ValueError, match="label"):
            count_number_outcomes(BINNING, [1.0], labels)
    with pytest.raises(ValueError, match="without a tolerance"):
        count_number_outcomes(PLAIN, [1.0], np.array([1.0]))


def test_counts_that_cannot_be_are_refused() -> None:
    for wrong in ((-1, 0, 0, 0), (0, -1, 0, 0), (1, 0, 5, 6), (1, 0, 5, -6), (0, 0, 5, 0), (1, 0, -1, 0)):
        with pytest.raises(InvalidSummary):
            NumberOutcomes(BINNING.id, *wrong)
    with pytest.raises(ReferenceMismatch):
        _ = NOTHING + no_number_outcomes(PLAIN)
    with pytest.raises(ReferenceMismatch):
        _ = NOTHING - no_number_outcomes(PLAIN)


numbers = st.floats(-1e6, 1e6) | st.floats(-3e38, 3e38)
pairs = st.lists(st.tuples(numbers, numbers), max_size=8)


@given(pairs, pairs, st.randoms())
@settings(max_examples=60, deadline=None)
def test_outcomes_depend_on_the_rows_and_on_no_order_or_pieces(
    one: Sequence[tuple[float, float]], two: Sequence[tuple[float, float]], random: Any
) -> None:
    every = [*one, *two]
    random.shuffle(every)

    both = counted(*one) + counted(*two)

    assert both == counted(*two) + counted(*one) == counted(*every)
    assert both + NOTHING == both
    assert both - counted(*one) == counted(*two)
    assert decode_outcomes(encode_outcomes(both), BINNING) == both


@given(st.lists(numbers.map(np.float32).map(float), min_size=1, max_size=40), st.floats(-1e6, 1e6))
@settings(deadline=None)
def test_nine_in_ten_of_the_rows_it_was_learnt_from_are_within_a_tolerance(said: list[float], true: float) -> None:
    labels = np.full(len(said), true)
    tolerance = Tolerance.of("minutes", np.array(said) - labels)
    outcomes = count_number_outcomes(Binning((MINUTES,), tolerance=tolerance), np.array(said), labels)

    assert outcomes.within >= 0.9 * len(said)
    assert Tolerance(**tolerance.to_dict()) == tolerance


def test_a_model_without_any_error_has_a_tolerance_of_nothing() -> None:
    tolerance = Tolerance.of("minutes", np.array([0.0, 1e-40, 5.0] + [0.0] * 20))

    assert (tolerance.most, tolerance.unit) == (0.0, 1e-6)
    assert Tolerance.of("minutes", np.array([1e-40])).most == 1e-30
    for most in (-1.0, 1e-40, float("nan"), float("inf")):
        with pytest.raises(InvalidReference, match="tolerance"):
            Tolerance("minutes", most)


def test_counts_by_another_tolerance_are_others() -> None:
    other = Binning((MINUTES,), tolerance=Tolerance("minutes", 3.0))

    assert len({BINNING.id, other.id, PLAIN.id}) == 3
    assert "tolerance" not in PLAIN.to_dict()
    with pytest.raises(ReferenceMismatch):
        decode_outcomes(encode_outcomes(NOTHING), other)


def test_a_tolerance_is_of_a_feature_and_of_no_classifier() -> None:
    for features, classes in (((NumericBins("x", (), 0.0, 0.0),), ()), ((MINUTES,), ("a", "b", "c"))):
        with pytest.raises(InvalidReference):
            Binning(features, classes, tolerance=TOLERANCE)


@pytest.mark.parametrize(
    "form", [None, [], {}, {"within": 1}, {"within": 1, "beyond": 0, "absolute": 0.5, "signed": 0}, "absolute"]
)
def test_another_form_is_told(form: object) -> None:
    with pytest.raises(InvalidSummary, match="no outcomes"):
        decode_outcomes(bytes.fromhex(BINNING.id) + zlib.compress(json.dumps(form).encode()), BINNING)

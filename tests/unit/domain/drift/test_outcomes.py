import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning, NumericBins, ScoreBins
from sluice.domain.drift.outcomes import ClassOutcomes, count_outcomes, no_outcomes
from sluice.domain.errors import InvalidSummary, ReferenceMismatch
from tests.drift_builders import a_reference

TEMP = NumericBins("temp", (), 0.0, 0.0)
TWO = Binning((TEMP,), ("on_time", "late"), (ScoreBins("late", (0.25, 0.5)),))
THREE = Binning((TEMP,), ("a", "b", "c"), tuple(ScoreBins(name, (0.5,)) for name in "abc"))


def counted(*late: tuple[float, int]) -> ClassOutcomes:
    """Predictions of two classes: the probability of late, and the label."""
    scores = np.array([score for score, _ in late])
    answers = Answers.most_probable(np.stack([1 - scores, scores], axis=1).reshape(-1, 2))
    return count_outcomes(TWO, answers, np.array([label for _, label in late], dtype=np.int64))


def test_labels_are_counted_by_score_and_by_prediction() -> None:
    outcomes = counted((0.2, 0), (0.3, 1), (0.9, 1), (0.8, 0))

    assert outcomes.to_dict() == {
        "confusion": [[1, 1], [1, 1]],
        "scores": [[[1, 0, 1], [0, 1, 1]]],
        "log_loss_micros": 3_141_916,  # -log(.8 * .3 * .9 * .2), each row rounded
        "brier_micros": 1_180_000,
    }
    assert outcomes.rows == 4


def test_of_three_classes_each_is_counted_against_the_rest() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])

    outcomes = count_outcomes(THREE, Answers.most_probable(probabilities), np.array([0, 2]))

    assert outcomes.confusion.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert [scores.tolist() for scores in outcomes.scores] == [
        [[1, 0], [0, 1]],
        [[1, 1], [0, 0]],
        [[1, 0], [1, 0]],
    ]
    assert outcomes.brier_micros == 140_000 + 860_000


def test_what_cannot_have_happened_is_a_large_but_finite_loss() -> None:
    assert counted((1.0, 0)).log_loss_micros == 34_538_776


def test_rows_without_probabilities_are_left_out() -> None:
    assert counted((0.2, 0), (float("nan"), 1)) == counted((0.2, 0))


some = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), max_size=8).map(lambda rows: counted(*rows))


@given(some, some, some)
@settings(max_examples=40, deadline=None)
def test_outcomes_add_up_in_any_order_and_pieces(one: ClassOutcomes, two: ClassOutcomes, three: ClassOutcomes) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + no_outcomes(TWO) == one
    assert one != 7


def test_what_does_not_fit_is_refused() -> None:
    answers = Answers.most_probable(np.array([[0.2, 0.8]]))
    for labels in (np.array([2]), np.array([-1]), np.array([0, 1])):
        with pytest.raises(ValueError, match="label"):
            count_outcomes(TWO, answers, labels)
    with pytest.raises(ValueError, match="3 probabilities"):
        count_outcomes(THREE, answers, np.array([0]))
    with pytest.raises(ReferenceMismatch):
        no_outcomes(TWO) + no_outcomes(THREE)
    with pytest.raises(InvalidSummary):
        ClassOutcomes(TWO.id, np.array([[-1]]), (), 0, 0)


def test_outcomes_of_a_reference_survive_json() -> None:
    outcomes = a_reference().outcomes

    assert outcomes is not None
    assert json.loads(json.dumps(outcomes.to_dict())) == outcomes.to_dict()
    with pytest.raises(TypeError):
        hash(outcomes)

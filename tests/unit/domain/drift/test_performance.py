import doctest

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from sluice.domain.drift import error_watch, ranking
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning, NumericBins
from sluice.domain.drift.build import Choices, Labelled, build_reference
from sluice.domain.drift.cbpe import estimate, expected_shares
from sluice.domain.drift.isotonic import growing_shares
from sluice.domain.drift.outcomes import count_outcomes, no_outcomes
from sluice.domain.drift.quality import quality_of
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import empty
from sluice.domain.errors import ReferenceMismatch
from tests.drift_builders import CLASSES, a_reference, some_answers
from tests.number_builders import a_number_reference

PLAIN = Binning((NumericBins("x", (), 0.0, 0.0),))


def test_performance_is_estimated_without_labels() -> None:
    reference = a_reference()
    for shift in (0.0, 1.0, -1.0):
        answers, labels = some_answers(20_000, seed=50, shift=shift)

        expected = estimate(reference, summarise(reference.binning, {}, answers))

        assert expected is not None
        assert expected.rows == 20_000
        assert expected.accuracy == pytest.approx((answers.predicted == labels).mean(), abs=0.012)
        assert expected.auc == pytest.approx(roc_auc_score(labels, answers.probabilities[:, 1]), abs=0.012)
        assert 0.001 < expected.accuracy_error < 0.004


def test_performance_of_three_classes_is_estimated_too() -> None:
    generator = np.random.default_rng(5)

    def drawn(rows: int, sharpness: float) -> tuple[Answers, np.ndarray]:
        logits = sharpness * generator.normal(size=(rows, 3))
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        labels = np.array([generator.choice(3, p=each) for each in probabilities])
        return Answers.most_probable(probabilities), labels

    answers, labels = drawn(8000, 1.5)
    reference = build_reference(
        {"x": np.zeros(8000)}, seed=1, labelled=Labelled(("a", "b", "c"), answers, labels), choices=Choices(draws=0)
    )
    answers, labels = drawn(8000, 2.5)

    expected = estimate(reference, summarise(reference.binning, {}, answers))
    shares = expected_shares(reference, summarise(reference.binning, {}, answers))

    assert expected is not None
    assert expected.accuracy == pytest.approx((answers.predicted == labels).mean(), abs=0.015)
    assert expected.auc == pytest.approx(
        roc_auc_score(labels, answers.probabilities, multi_class="ovr", average="macro"), abs=0.015
    )
    assert shares == pytest.approx(np.bincount(labels) / 8000, abs=0.02)


def test_the_share_of_a_class_is_expected_without_labels() -> None:
    answers, labels = some_answers(20_000, seed=51, shift=0.8)

    shares = expected_shares(a_reference(), summarise(a_reference().binning, {}, answers))

    assert shares == pytest.approx([labels.mean()], abs=0.015)


def test_without_labels_in_the_reference_or_scores_in_the_window_nothing_is_estimated() -> None:
    unlabelled = build_reference({"x": [1.0, 2.0]}, seed=1, choices=Choices(draws=0))
    reference = a_reference()

    assert estimate(unlabelled, unlabelled.summary) is None
    assert expected_shares(unlabelled, unlabelled.summary) is None
    assert estimate(reference, empty(reference.binning)) is None
    assert expected_shares(reference, empty(reference.binning)) == pytest.approx([0.0])
    with pytest.raises(ReferenceMismatch):
        estimate(reference, unlabelled.summary)


def test_an_estimate_of_one_class_only_has_no_area() -> None:
    answers = Answers.most_probable(np.array([[0.9, 0.1]] * 50))
    reference = build_reference(
        {"x": [1.0] * 50},
        seed=1,
        labelled=Labelled(CLASSES, answers, np.zeros(50, dtype=np.int64)),
        choices=Choices(draws=0),
    )

    expected = estimate(reference, reference.summary)

    assert expected is not None
    assert (expected.accuracy, expected.auc) == (1.0, None)


def test_quality_is_scikit_learns() -> None:
    answers, labels = some_answers(5000, seed=52, shift=0.5)
    late = answers.probabilities[:, 1]
    binning = a_reference().binning

    quality = quality_of(binning, count_outcomes(binning, answers, labels))

    assert quality is not None
    assert quality.rows == 5000
    assert quality.accuracy == accuracy_score(labels, answers.predicted)
    assert quality.log_loss == pytest.approx(log_loss(labels, late), abs=1e-6)
    assert quality.brier == pytest.approx(brier_score_loss(labels, late), abs=1e-6)
    assert quality.auc == pytest.approx(roc_auc_score(labels, late), abs=1e-3)
    assert quality.calibration_error < 0.03
    assert quality.to_dict()["rows"] == 5000


def test_a_model_that_is_sure_and_wrong_is_badly_calibrated() -> None:
    answers, labels = some_answers(5000, seed=53)
    binning = a_reference().binning

    quality = quality_of(binning, count_outcomes(binning, answers, 1 - labels))

    assert quality is not None
    assert quality.calibration_error > 0.3
    assert quality.auc is not None
    assert quality.auc < 0.5


def test_quality_without_labels_is_not_known_and_that_of_one_class_has_no_area() -> None:
    binning = a_reference().binning
    answers, labels = some_answers(100, seed=54)

    one_class = quality_of(binning, count_outcomes(binning, answers, labels * 0))

    assert quality_of(binning, no_outcomes(binning)) is None
    assert one_class is not None
    assert one_class.auc is None
    with pytest.raises(ReferenceMismatch):
        quality_of(PLAIN, no_outcomes(binning))


def test_shares_grow_as_in_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    rows = generator.integers(1, 40, 100)
    positives = generator.binomial(rows, np.linspace(0.05, 0.95, 100))
    expected = IsotonicRegression().fit(np.arange(100), positives / rows, sample_weight=rows).predict(np.arange(100))

    assert growing_shares(positives, rows) == pytest.approx(expected)


def test_bins_without_rows_lie_between_their_neighbours() -> None:
    positives, rows = np.array([0, 0, 0, 8, 0]), np.array([10, 0, 0, 10, 0])

    assert growing_shares(positives, rows) == pytest.approx([0, 0.8 / 3, 1.6 / 3, 0.8, 0.8])
    assert growing_shares(np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)) == pytest.approx([0.5, 0.5])


def test_examples_hold() -> None:
    assert doctest.testmod(ranking).failed == 0


def alarm_after(rate: float, *, seed: int, most: int) -> int | None:
    """After how many batches of 50 labels a watch for 10 % errors alarms."""
    generator = np.random.default_rng(seed)
    state: tuple[float, ...] = ()
    for batch in range(most):
        errors = int(generator.binomial(50, rate))
        state = error_watch.step(state, rows=50, errors=errors, reference_rate=0.1)
        if error_watch.is_alarm(state, mean_steps_to_false_alarm=20_000):
            return batch + 1
    return None


def test_a_model_that_errs_more_often_is_found_soon_and_one_that_does_not_never() -> None:
    delays = [alarm_after(0.2, seed=seed, most=100) for seed in range(20)]

    assert all(delay is not None and delay <= 20 for delay in delays)
    assert alarm_after(0.1, seed=1, most=5000) is None


def test_a_watch_begins_with_nothing_and_is_not_mixed_up() -> None:
    assert not error_watch.is_alarm((), mean_steps_to_false_alarm=1)
    for wrong in (
        {"state": (0.0,), "rows": 1, "errors": 0, "reference_rate": 0.1},
        {"state": (), "rows": 1, "errors": 2, "reference_rate": 0.1},
        {"state": (), "rows": 1, "errors": 1, "reference_rate": 0.0},
    ):
        with pytest.raises(ValueError, match="a watch has 24 bets"):
            error_watch.step(**wrong)  # type: ignore[arg-type]


def test_of_numbers_nothing_is_estimated_without_labels() -> None:
    reference = a_number_reference()

    assert estimate(reference, reference.summary) is None
    assert expected_shares(reference, reference.summary) is None

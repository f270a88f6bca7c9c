"""The gate's numbers beside known ones: brute force, scipy, and simulations with a seed."""

from itertools import product
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sluice.domain.drift.array import Floats
from sluice.domain.gate.holm import rejected
from sluice.domain.gate.measures import area, brier_losses, calibration, log_losses
from sluice.domain.gate.paired import are_enough, blocks_of, constant, difference, mean_of
from tests.gate_builders import answers_of, odds

ROWS = 3000


def two_classes(scores: Any) -> Floats:
    late = np.asarray(scores, dtype=np.float64)
    return np.stack([1 - late, late], axis=1)


def kernel(own: float, other: float) -> float:
    return 1.0 if own > other else 0.5 if own == other else 0.0


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_areas_and_their_variance_are_delongs_pair_by_pair(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [37, 23])
    scores = [generator.integers(0, 9, 60) / 10 + 0.05 * labels for _ in range(2)]  # with ties

    found = [area(two_classes(each), labels) for each in scores]

    covariance = np.zeros((2, 2))
    for (i, one), (j, other) in product(enumerate(scores), repeat=2):
        parts = []
        for each in (one, other):
            table = np.array([[kernel(own, beside) for beside in each[:37]] for own in each[37:]])
            parts.append((table.mean(axis=1), table.mean(axis=0)))
        of_own = np.cov(parts[0][0], parts[1][0])[0, 1] / 23
        covariance[i, j] = of_own + np.cov(parts[0][1], parts[1][1])[0, 1] / 37
    first, second = (each for each in found if each is not None)
    brute = [np.mean([kernel(own, beside) for own in each[37:] for beside in each[:37]]) for each in scores]
    assert [first.estimate, second.estimate] == pytest.approx(brute)
    influence = first.influence - second.influence
    exact = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    # Of rows that do not depend on each other; sums of squares over n instead of n - 1.
    assert influence[labels == 1].var() * 23 / 60**2 * 23 / 22 + influence[
        labels == 0
    ].var() * 37 / 60**2 * 37 / 36 == (pytest.approx(exact))


def test_an_area_needs_rows_of_both_sides() -> None:
    scores = two_classes(np.linspace(0, 1, 60))

    assert area(scores, np.repeat([0, 1], [41, 19])) is None
    assert area(scores, np.repeat([0, 1], [19, 41])) is None
    assert area(scores, np.repeat([0, 1], [40, 20])) is not None


def test_of_more_classes_the_area_is_the_mean_of_those_with_rows_enough() -> None:
    generator = np.random.default_rng(4)
    labels = np.repeat([0, 1, 2], [60, 40, 5])
    scores = generator.dirichlet([1, 1, 1], 105)

    found = area(scores, labels)

    parts = [area(np.stack([1 - scores[:, k], scores[:, k]], axis=1), (labels == k).astype(np.int64)) for k in (0, 1)]
    assert found is not None
    assert found.estimate == pytest.approx(np.mean([part.estimate for part in parts if part is not None]))
    assert found.influence.mean() == pytest.approx(0, abs=1e-12)


def test_losses_are_those_of_the_books() -> None:
    scores, labels = two_classes([0.2, 0.9, 0.0]), np.array([0, 1, 1])
    three = np.array([[0.2, 0.3, 0.5]])

    assert log_losses(scores, labels) == pytest.approx([-np.log(0.8), -np.log(0.9), -np.log(1e-15)])
    assert brier_losses(scores, labels) == pytest.approx([0.04, 0.01, 1.0])
    assert brier_losses(three, np.array([1])) == pytest.approx([0.04 + 0.49 + 0.25])
    assert scores[0].tolist() == [0.8, 0.2], "what is measured stays as it is"


def test_calibration_is_the_squared_distance_of_ten_bins_less_what_chance_adds() -> None:
    rows = 6000
    scores = np.tile(np.linspace(0.005, 0.995, 100), rows // 100)
    labels = (np.random.default_rng(1).random(rows) < scores - 0.1 * (scores > 0.5)).astype(np.int64)

    found = calibration(two_classes(scores), labels, blocks_of(rows))

    assert found.estimate == pytest.approx(0.5 * 0.1**2, rel=0.2)
    assert found.influence.mean() == pytest.approx(0, abs=1e-12)


def test_a_perfect_models_calibration_is_nothing_on_average() -> None:
    measured = []
    for draw in range(200):
        known, labels = odds(600, seed=draw)
        measured.append(
            calibration(two_classes(answers_of(known).probabilities[:, 1]), labels, blocks_of(600)).estimate
        )

    assert np.mean(measured) == pytest.approx(0, abs=3 * float(np.std(measured)) / sqrt(200))


def test_holm_accuses_step_by_step() -> None:
    assert rejected([0.011, 0.02, 0.04, 0.005], 0.05) == [True, True, True, True]
    assert rejected([0.02, 0.02, 0.02], 0.05) == [False, False, False]
    assert rejected([], 0.05) == []


def test_of_rows_in_one_block_each_the_error_is_that_of_a_paired_t_test() -> None:
    generator = np.random.default_rng(2)
    one, other = generator.normal(0.3, 1, 30), generator.normal(0, 1, 30)

    found = difference(mean_of(one), mean_of(other), np.arange(30))

    exact = stats.ttest_rel(one, other, alternative="greater")
    assert found.estimate / found.error == pytest.approx(exact.statistic)
    assert found.p_above(0) == pytest.approx(exact.pvalue, rel=0.001)
    low, high = found.bounds(0.05)
    interval = stats.ttest_rel(one, other).confidence_interval(0.9)
    assert (low, high) == pytest.approx((interval.low, interval.high), rel=2e-3)


def test_of_too_few_blocks_nothing_is_said() -> None:
    measured = mean_of(np.arange(9.0))

    with pytest.raises(ValueError, match="rows of 9 blocks do not show"):
        difference(measured, constant(0.0, 9), np.arange(9))
    assert not are_enough(np.arange(9))
    assert are_enough(np.arange(10))
    assert len(set(blocks_of(300).tolist())) == 30
    assert set(np.bincount(blocks_of(300)).tolist()) == {10}


def test_what_does_not_differ_is_sure() -> None:
    same = mean_of(np.arange(300.0))

    found = difference(same, same, blocks_of(300))

    assert found.bounds(0.05) == (0.0, 0.0)
    assert (found.p_above(0.0), found.p_above(-0.1)) == (1.0, 0.0)


def weather(generator: np.random.Generator, rows: int, *, together: int) -> Any:
    """Noise that ``together`` consecutive rows share."""
    return np.repeat(generator.normal(0, 1, rows // together), together)


def misses(measure: Any, truth: float, *, together: int, draws: int = 300) -> float:
    """How often an interval of 90 % does not hold the truth: a candidate that knows less, beside a perfect champion."""
    missed = 0
    for draw in range(draws):
        generator = np.random.default_rng([draw, together])
        known, labels = odds(ROWS, seed=draw)
        champion = answers_of(known).probabilities
        candidate = answers_of(known + 0.8 * weather(generator, ROWS, together=together)).probabilities
        found = difference(measure(candidate, labels), measure(champion, labels), blocks_of(ROWS))
        low, high = found.bounds(0.05)
        missed += not low <= truth <= high
    return missed / draws


def truth_of(measure: Any) -> float:
    known, labels = odds(400_000, seed=99)
    noise = np.random.default_rng(98).normal(0, 1, 400_000)
    both = (answers_of(each).probabilities for each in (known + 0.8 * noise, known))
    one, other = (float(measure(each, labels).estimate) for each in both)
    return one - other


MEASURES = {
    "area": area,
    "log loss": lambda probabilities, labels: mean_of(log_losses(probabilities, labels)),
    "calibration": lambda probabilities, labels: calibration(probabilities, labels, blocks_of(len(labels))),
}


@pytest.mark.slow
@pytest.mark.parametrize("together", [1, 50])
@pytest.mark.parametrize("name", MEASURES)
def test_intervals_of_90_percent_miss_about_one_time_in_ten(name: str, together: int) -> None:
    measure = MEASURES[name]

    # 300 draws: three standard deviations about 10 % are 4.8 to 15.2 %. A perfect model's calibration is all chance,
    # which overstates the interval.
    missed = misses(measure, truth_of(measure), together=together)

    assert missed <= 0.152
    assert name == "calibration" or missed >= 0.048


def test_rows_that_share_their_weather_are_not_so_many_witnesses() -> None:
    values = weather(np.random.default_rng(3), ROWS, together=100)

    found = difference(mean_of(values), constant(0.0, ROWS), blocks_of(ROWS))

    assert found.error == pytest.approx(1 / sqrt(30), rel=0.3), "thirty days, not 3,000 rows"

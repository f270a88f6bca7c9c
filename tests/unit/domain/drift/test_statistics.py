import numpy as np
import pytest
from scipy import stats

from sluice.domain.drift.chi_square import chi_square
from sluice.domain.drift.combine import cauchy, discoveries, shared
from sluice.domain.drift.largest_cell import largest_cell_tail
from sluice.domain.drift.rates import rate_tail
from sluice.domain.drift.smooth import coefficients, polynomials, shares
from sluice.domain.drift.tails import chi_square_tail, noncentral_tail
from sluice.domain.drift.value_test import compare_values, effective_rows, independent


@pytest.mark.parametrize("freedom", [0.3, 1, 2, 3.7, 4, 31, 99.5, 400])
def test_tails_of_a_chi_square_are_scipys(freedom: float) -> None:
    at = np.array([0, 1e-9, 0.5, 1, 3, 10, 30, 100, 300, 1200])

    assert chi_square_tail(at, np.full(at.shape, freedom)) == pytest.approx(stats.chi2.sf(at, freedom), rel=1e-9)


@pytest.mark.parametrize(
    ("noncentrality", "accuracy"), [(0, 1e-9), (0.5, 1e-9), (12, 1e-9), (50, 1e-9), (51, 0.01), (2500, 0.01)]
)
@pytest.mark.parametrize("freedom", [2, 4, 31, 99.5])
def test_tails_of_a_noncentral_chi_square_are_scipys(noncentrality: float, accuracy: float, freedom: float) -> None:
    mean, deviation = freedom + noncentrality, np.sqrt(2 * (freedom + 2 * noncentrality))
    at = np.maximum(mean + deviation * np.linspace(-2, 10, 33), 0)
    exact = stats.ncx2.sf(at, freedom, noncentrality) if noncentrality else stats.chi2.sf(at, freedom)

    tail = noncentral_tail(at, np.full(at.shape, freedom), np.full(at.shape, noncentrality))

    assert tail == pytest.approx(exact, rel=accuracy)


def test_a_tail_far_out_is_nothing_and_no_statistic_everything() -> None:
    ones = np.ones(2)

    assert noncentral_tail(np.array([1e6, 0.0]), 2 * ones, 3 * ones).tolist() == [0.0, 1.0]
    assert noncentral_tail(np.array([1e9, 0.0]), 2 * ones, 300 * ones) == pytest.approx([0.0, 1.0])
    assert noncentral_tail(np.empty(0), np.empty(0), np.empty(0)).size == 0


def test_equal_shares_are_tested_exactly() -> None:
    generator = np.random.default_rng(1)
    reference, window = (10 ** generator.uniform(1, 5, (2, 300))).astype(int)
    of_reference = generator.binomial(reference, generator.random(300) ** 4)
    of_window = generator.binomial(window, np.clip(of_reference / reference * generator.uniform(0.5, 2, 300), 0, 1))
    both, share = of_reference + of_window, window / (reference + window)
    upper, lower = stats.binom.sf(of_window - 1, both, share), stats.binom.cdf(of_window, both, share)
    exact = np.minimum(1, 2 * np.where(of_window >= both * share, upper, lower))

    p_values = rate_tail(*(np.array(each, dtype=float) for each in (of_reference, reference, of_window, window)))

    assert p_values == pytest.approx(exact, rel=1e-7, abs=1e-280)


def test_shares_without_rows_are_equal() -> None:
    nothing, some = np.zeros(1), np.full(1, 9.0)

    assert rate_tail(nothing, nothing, nothing, nothing) == 1
    assert rate_tail(nothing, some, nothing, some) == 1
    assert rate_tail(some, some, nothing, nothing) == 1


def test_polynomials_are_orthonormal() -> None:
    cells = np.random.default_rng(1).integers(0, 50, (3, 32)).astype(float)
    share = cells / cells.sum(axis=1, keepdims=True)

    of = polynomials(cells)

    every = np.concatenate([np.ones((3, 1, 32)), of], axis=1)
    inner = np.einsum("fkc,flc,fc->fkl", every, every, share)
    assert inner == pytest.approx(np.broadcast_to(np.eye(5), (3, 5, 5)), abs=1e-9)


def test_with_few_cells_there_are_few_polynomials() -> None:
    cells = np.array([[5.0, 0, 0, 0], [5, 5, 0, 0], [3, 0, 3, 3], [0, 0, 0, 0]])

    has = (polynomials(cells) != 0).any(axis=-1)

    assert has.sum(axis=1).tolist() == [0, 1, 2, 0]


def test_coefficients_tell_the_direction() -> None:
    cells = np.full(32, 100.0)
    of = polynomials(cells)
    up, wide = np.linspace(50, 150, 32), 100 + np.abs(np.linspace(-50, 50, 32))

    assert coefficients(cells, up, of).argmax() == 0
    assert coefficients(cells, up[::-1], of)[0] == pytest.approx(-coefficients(cells, up, of)[0])
    assert coefficients(cells, wide, of).argmax() == 1


def test_full_cells_are_compared_as_scipy_does() -> None:
    one, two = np.array([50.0, 30, 20]), np.array([30.0, 40, 30])

    statistic, freedom = chi_square(one, two)

    assert statistic == pytest.approx(stats.chi2_contingency([one, two], correction=False).statistic)
    assert freedom == 2


def test_rare_cells_are_pooled() -> None:
    one, two = np.array([500.0, 400, 9, 8, 0, 0]), np.array([50.0, 40, 2, 3, 1, 0])

    statistic, freedom = chi_square(one, two)

    pooled = stats.chi2_contingency([[500, 400, 17], [50, 40, 6]], correction=False)
    assert statistic == pytest.approx(pooled.statistic)
    assert freedom == 2


def test_rare_cells_too_few_for_one_join_the_least_of_the_others() -> None:
    one, two = np.array([500.0, 400, 3, 0]), np.array([50.0, 40, 0, 1])

    statistic, freedom = chi_square(one, two)

    pooled = stats.chi2_contingency([[500, 403], [50, 41]], correction=False)
    assert statistic == pytest.approx(pooled.statistic)
    assert freedom == 1


def test_where_all_cells_are_rare_or_one_there_is_nothing_to_compare() -> None:
    one, two = np.array([[900.0, 1], [9, 9], [0, 0], [5, 5]]), np.array([[3.0, 0], [1, 0], [5, 5], [0, 0]])

    assert chi_square(one, two).freedom.tolist() == [0, 0, 0, 0]


def test_the_largest_cell_is_found_however_rare_it_was() -> None:
    reference = np.array([6000.0, 3000, 980, 20, 0])
    quiet, spike, unseen = (
        np.array(cells, dtype=float) for cells in ([120, 60, 20, 0, 0], [115, 57, 20, 8, 0], [120, 60, 15, 0, 5])
    )

    p_values = [largest_cell_tail(reference, window, least_effect=0.0) for window in (quiet, spike, unseen)]

    exact = stats.binom.sf([7, 4], [28, 5], 200 / 10_200)
    assert p_values[0] == 1
    assert (4 * exact[0], 5 * exact[1]) <= (p_values[1], p_values[2])
    assert p_values[1:] == pytest.approx([4 * exact[0], 5 * exact[1]], rel=0.1)
    assert largest_cell_tail(reference, spike, least_effect=0.01) > 10 * p_values[1]


def test_the_cauchy_combination_lies_among_its_tests() -> None:
    p_values = np.array([[0.01, 0.01, 0.01], [1e-18, 0.5, 1.0], [0.3, 0.2, 0.9], [0.2, 0.0, 0.0]])
    used = np.array([[True] * 3, [True] * 3, [False] * 3, [True, False, False]])

    combined = cauchy(p_values, used)

    assert combined == pytest.approx([0.01, 3e-18, 1.0, 0.2], rel=1e-6)


def test_tests_of_different_things_share_the_error() -> None:
    assert shared(np.array([[0.08, 0.5, 0.02], [1, 1, 1]]), np.array([0.8, 0.1, 0.1])) == pytest.approx([0.1, 1.0])


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    p_values = np.array([0.6, 0.001, 0.039, 0.008, 0.041, 0.9, 0.042])

    assert discoveries(p_values, 0.05).tolist() == list(stats.false_discovery_control(p_values) <= 0.05)
    assert discoveries(p_values, 0.08).tolist() == list(stats.false_discovery_control(p_values) <= 0.08)
    assert discoveries(np.ones(3), 0.05).tolist() == [False] * 3
    assert discoveries(np.empty(0), 0.05).tolist() == []


def test_effective_rows_are_those_of_the_smaller_side_nearly() -> None:
    both = effective_rows(np.array([10_000.0, 0, 10]), np.array([1000.0, 5, 0]))

    assert both == pytest.approx([909.09, 0, 0], abs=0.01)


def test_a_floor_under_the_effect_forgives_small_drift_of_many_rows() -> None:
    cells, of = np.full((1, 32), 30_000.0), polynomials(np.full((1, 32), 1.0))
    small = np.linspace(0.98, 1.02, 32)[None] * 30_000
    large = np.linspace(0.8, 1.2, 32)[None] * 30_000

    def p(window: np.ndarray, least: float) -> float:
        return float(compare_values(cells, window, of, independent(1), least_effect=least).p[0])

    assert p(small, 0) < 1e-10
    assert p(small, 0.0025) > 0.9
    assert p(large, 0.0025) < 1e-10


def test_without_cells_to_compare_nothing_is_found() -> None:
    nothing, of = np.zeros((1, 4)), np.zeros((1, 4, 4))

    result = compare_values(nothing, np.ones((1, 4)), of, independent(1), least_effect=0.0)

    assert result.p.tolist() == [1.0]


def test_a_row_between_the_few_cells_of_a_small_reference_is_no_drift_beyond_doubt() -> None:
    few = np.zeros(32)
    few[[3, 4, 5, 20]] = [60.0, 70.0, 50.0, 2.0]

    of = polynomials(few)

    furthest = np.abs(of[..., few > 0]).max(axis=-1)
    assert (np.abs(of).max(axis=-1) <= furthest).all()
    assert np.einsum("kc,lc,c->kl", of, of, shares(few)) == pytest.approx(np.diag([1, 1, 1, 0]), abs=1e-9)

from functools import reduce
from random import Random
from statistics import correlation, fmean, variance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.experiment.cuped import Sums, pooled_theta, variance_reduction

values = st.lists(st.tuples(st.floats(-1000, 1000), st.floats(-1000, 1000)), min_size=2, max_size=30)


def sums_of(pairs: list[tuple[float, float]]) -> Sums:
    return reduce(Sums.__add__, (Sums.of(*pair) for pair in pairs))


@settings(max_examples=50, deadline=None)
@given(values, st.integers(0, 30))
def test_sums_merge_in_any_pieces(pairs: list[tuple[float, float]], cut: int) -> None:
    whole = sums_of(pairs)
    pieces = reduce(Sums.__add__, map(sums_of, filter(None, (pairs[:cut], pairs[cut:]))))

    assert pieces.n == whole.n
    assert pieces.mean == pytest.approx(whole.mean)
    assert pieces.xy == pytest.approx(whole.xy, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(values)
def test_the_spread_is_that_of_the_outcomes(pairs: list[tuple[float, float]]) -> None:
    assert sums_of(pairs).spread / (len(pairs) - 1) == pytest.approx(variance(y for y, _ in pairs), abs=1e-5)


def test_theta_zero_changes_nothing() -> None:
    sums = sums_of([(1, 5), (3, 7), (5, 6)])

    assert (sums.adjusted_mean(0), sums.adjusted_spread(0)) == (sums.mean, sums.spread)


def test_a_constant_covariate_is_as_none() -> None:
    variants = [sums_of([(1, 0.1), (3, 0.1), (5, 0.1)]), sums_of([(2, 0.1), (4, 0.1)])]

    assert pooled_theta(variants) == 0
    assert variance_reduction(variants) == 0


def test_nothing_seen_is_nothing_known() -> None:
    assert pooled_theta([]) == 0
    assert variance_reduction([Sums()]) == 0
    assert (Sums().mean, Sums().spread, Sums().joint_spread, Sums().adjusted_mean(2)) == (0, 0, 0, 0)


def test_the_covariate_takes_away_the_squared_correlation_of_the_variance() -> None:
    rng = Random(7)  # noqa: S311  a simulation
    pairs = [(2 * x + rng.gauss(0, 1), x) for x in (rng.gauss(0, 1) for _ in range(4000))]

    reduction = variance_reduction([sums_of(pairs)])

    assert reduction == pytest.approx(correlation(*zip(*pairs, strict=True)) ** 2)
    assert reduction == pytest.approx(0.8, abs=0.02)


def test_luck_in_who_came_is_taken_out_of_the_difference() -> None:
    # Control got the better customers: without the covariate a treatment that adds 1 looks as if it took away 3.
    control = [(2.0 * x, float(x)) for x in range(2, 12)]
    treated = [(2.0 * x + 1, float(x)) for x in range(10)]

    theta = pooled_theta([sums_of(treated), sums_of(control)])

    assert fmean(y for y, _ in treated) - fmean(y for y, _ in control) == -3
    assert sums_of(treated).adjusted_mean(theta) - sums_of(control).adjusted_mean(theta) == pytest.approx(1)


def test_sums_survive_their_json_form() -> None:
    sums = sums_of([(1, 5), (3, 7.5)])

    assert Sums.from_dict(sums.to_dict()) == sums


def test_a_small_spread_beside_a_large_mean_is_not_taken_for_rounding() -> None:
    sums = sums_of([(1e5 - 1, 0), (1e5 + 1, 0)])

    assert sums.spread == pytest.approx(2)

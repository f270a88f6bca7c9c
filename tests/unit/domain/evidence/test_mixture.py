from math import log

import pytest

from sluice.domain.evidence.mixture import MULTIPLES, grid, log_mean_exp


def test_a_grid_is_even_on_the_logarithmic_scale() -> None:
    assert grid(4, least=1.25, most=10.0) == pytest.approx((1.25, 2.5, 5.0, 10.0))


def test_there_is_a_bet_near_every_difference_that_matters() -> None:
    assert len(MULTIPLES) == 48
    assert (MULTIPLES[0], MULTIPLES[-1]) == pytest.approx((1.02, 20.0))


def test_means_of_what_no_float_could_hold_are_taken() -> None:
    assert log_mean_exp([log(1), log(3)]) == pytest.approx(log(2))
    assert log_mean_exp([5000.0, -5000.0]) == pytest.approx(5000 - log(2))

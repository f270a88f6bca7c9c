"""Are tails and quantiles those of scipy?"""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sluice.domain.student import quantile, tail_beyond


@given(st.floats(-40, 40), st.integers(1, 60))
def test_tails_are_those_of_scipy(deviate: float, freedom: int) -> None:
    assert tail_beyond(deviate, freedom) == pytest.approx(stats.t.sf(deviate, freedom), rel=1e-6, abs=1e-14)


@given(st.floats(1e-6, 1 - 1e-6), st.integers(1, 60))
def test_quantiles_are_those_of_scipy(tail: float, freedom: int) -> None:
    assert quantile(tail, freedom) == pytest.approx(stats.t.isf(tail, freedom), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("freedom", [1, 2, 29])
def test_beyond_everything_there_is_nothing(freedom: int) -> None:
    assert (tail_beyond(inf, freedom), tail_beyond(-inf, freedom)) == pytest.approx((0, 1), abs=1e-15)

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sluice.domain.monitoring.student import student_tail


@given(st.floats(0, 40), st.integers(1, 60))
def test_tails_are_those_of_scipy(deviate: float, freedom: int) -> None:
    assert student_tail(deviate, freedom) == pytest.approx(stats.t.sf(deviate, freedom), rel=1e-6, abs=1e-14)

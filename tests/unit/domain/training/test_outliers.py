import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.training.outliers import Fences, fences


def test_what_lies_far_beyond_nearly_all_others_is_an_outlier() -> None:
    values = np.r_[np.linspace(0, 100, 1000), 1e9, np.nan]

    found = fences(values, 3.0)

    assert found.outside(values).tolist() == [False] * 1000 + [True, False]
    assert -310 < found.low < -280
    assert 380 < found.high < 410


def test_where_nearly_all_are_the_same_nothing_is_an_outlier() -> None:
    assert fences(np.r_[np.zeros(1000), 5.0], 3.0) == Fences(-np.inf, np.inf)


def test_of_no_values_there_are_no_fences() -> None:
    assert fences(np.array([np.nan]), 3.0) == Fences(-np.inf, np.inf)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(1, 100))
def test_the_fences_do_not_depend_on_the_order(values: list[float], reach: float) -> None:
    assert fences(np.array(values), reach) == fences(np.array(sorted(values)), reach)

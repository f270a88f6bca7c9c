import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.training.skew import Skew, numbers_differ, skew_of

NAN = float("nan")


@pytest.mark.parametrize(
    ("captured", "computed", "differs"),
    [
        (1.0, 1.0, False),
        (1.0, 1.0 + 1e-7, False),
        (1.0, 1.1, True),
        (1e9, 1e9 + 1, False),
        (NAN, NAN, False),
        (NAN, 1.0, True),
        (1.0, NAN, True),
        (float("inf"), float("inf"), False),
        (float("inf"), 1.0, True),
        (1.0, float("-inf"), True),
    ],
)
def test_numbers_that_lie_apart_differ(captured: float, computed: float, *, differs: bool) -> None:
    assert numbers_differ(np.array([captured]), np.array([computed]), 1e-6).tolist() == [differs]


@given(st.lists(st.floats(allow_nan=True), min_size=1))
def test_what_is_the_same_never_differs(values: list[float]) -> None:
    assert not numbers_differ(np.array(values), np.array(values), 0.0).any()


def test_the_first_that_differs_is_shown() -> None:
    found = skew_of(["a", "b", "c"], [1, 2, 3], [1, 0, 0], np.array([False, True, True]))

    assert found == Skew(3, 2, ("b", 2, 0))
    assert skew_of(["a"], [1], [1], np.array([False])) + found == Skew(4, 2, ("b", 2, 0))
    assert (found.share, Skew().share) == (2 / 3, 0.0)

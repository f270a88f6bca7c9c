import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.errors import InvalidTrainingData
from sluice.domain.training.split import Cuts, Part, Shares, split


def parts(times: list[int], wanted: Shares | Cuts) -> list[list[int]]:
    return [[times[place] for place in places] for places in split(np.array(times, dtype=np.int64), wanted).values()]


def test_shares_are_of_the_rows() -> None:
    assert [len(part) for part in parts(list(range(50)), Shares(10, 20))] == [35, 5, 10]


def test_cuts_are_moments() -> None:
    assert parts([1, 2, 3, 4], Cuts(2, 4)) == [[1], [2, 3], [4]]


def test_rows_of_the_same_moment_stay_together() -> None:
    assert parts([1, 2, 2, 2, 3, 4], Shares(30, 30)) == [[1], [2, 2, 2], [3, 4]]


@pytest.mark.parametrize(
    ("times", "wanted", "why"),
    [
        ([], Shares(10, 10), "there is no row to learn from"),
        ([5], Shares(10, 10), "of 1 rows at 1 moments none is left for train and validation"),
        ([5, 5, 5], Shares(10, 10), "of 3 rows at 1 moments none is left for train and validation"),
        ([1, 2], Cuts(8, 9), "none is left for validation and test"),
    ],
)
def test_a_part_without_rows_is_refused(times: list[int], wanted: Shares | Cuts, why: str) -> None:
    with pytest.raises(InvalidTrainingData, match=why):
        parts(times, wanted)


@given(st.lists(st.integers(0, 30), min_size=1), st.integers(1, 60), st.integers(1, 39))
def test_what_is_learnt_from_is_older_than_what_it_is_judged_by(times: list[int], validation: int, test: int) -> None:
    times.sort()
    try:
        train, checked, tested = parts(times, Shares(validation, test))
    except InvalidTrainingData:
        return

    assert train + checked + tested == times
    assert max(train) < min(checked)
    assert max(checked) < min(tested)
    assert list(Part) == ["train", "validation", "test"]

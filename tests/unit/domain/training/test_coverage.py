import pytest

from sluice.domain.training.coverage import Labelled, is_selective


@pytest.mark.parametrize(
    ("good", "bad", "selective"),
    [
        ((1000, 950), (1000, 400), True),
        ((1000, 950), (1000, 940), False),  # apart by a percent
        ((40, 38), (40, 34), False),  # chance may do that
        ((1000, 950), (29, 0), False),  # too few to tell
        ((1000, 0), (1000, 0), False),
    ],
)
def test_labels_that_come_more_often_for_some_answers(
    good: tuple[int, int],
    bad: tuple[int, int],
    *,
    selective: bool,
) -> None:
    assert is_selective({"good": Labelled(*good), "bad": Labelled(*bad)}) is selective


def test_of_no_predictions_no_share_is_labelled() -> None:
    assert Labelled(0, 0).to_dict() == {"predictions": 0, "labels": 0, "share": 0.0}

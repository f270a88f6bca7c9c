import numpy as np
import pytest

from sluice.domain.errors import InvalidTrainingData
from sluice.domain.training.choose import Fate
from sluice.domain.training.nothing import IN_WORDS, check_classes, check_some


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        ({}, "no prediction of that time was captured"),
        ({Fate.OUTSIDE: 3, Fate.REPLACED: 1}, "no prediction of that time was captured"),
        ({Fate.UNLABELLED: 1200}, "none of 1,200 captured predictions has the label 'late'"),
        ({Fate.UNLABELLED: 2, Fate.SEVERAL: 3}, "none of 5 .* has the label 'late' \\(3 requests of several rows"),
        ({Fate.UNLABELLED: 2, Fate.MISFIT: 3}, "left out are 2 without a label; 3 that do not fit the signature"),
    ],
)
def test_the_reason_is_said(left_out: dict[Fate, int], why: str) -> None:
    with pytest.raises(InvalidTrainingData, match=why):
        check_some(left_out, kept=0, label="late")


def test_something_is_enough() -> None:
    check_some({Fate.UNLABELLED: 3}, kept=1, label="late")


def test_a_single_class_teaches_nothing() -> None:
    one = np.array([1.0, 1.0])
    with pytest.raises(InvalidTrainingData, match="all 2 rows to learn from have the label 1"):
        check_classes(one, is_classifier=True)
    check_classes(one, is_classifier=False)
    check_classes(np.array([0.0, 1.0]), is_classifier=True)


def test_every_fate_has_words() -> None:
    assert IN_WORDS.keys() == set(Fate) - {Fate.KEPT}

import numpy as np
import pytest

from sluice.domain.drift.outcomes import ClassOutcomes, no_outcomes
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.monitoring.error_bets import allowed_rate
from sluice.domain.monitoring.judged_slices import MOST_JUDGED, JudgedSlices, judged_slices
from tests.drift_builders import a_reference
from tests.number_builders import a_number_reference

BINNING = a_reference().binning


def outcomes(rows: int, wrong: int) -> ClassOutcomes:
    nothing = no_outcomes(BINNING)
    confusion = np.array([[rows - wrong, wrong], [0, 0]], dtype=np.int64)
    return ClassOutcomes(nothing.binning, confusion, nothing.scores, 0, 0)


def judged(*declared: str, **by_carrier: tuple[int, int]) -> JudgedSlices:
    """By slices of the column carrier: rows and errors of each."""
    known = {Slice("carrier", value): outcomes(*counts) for value, counts in by_carrier.items()}
    return judged_slices(SlicedReference(a_reference(), outcomes=known), declared)


def test_what_is_allowed_in_a_slice_holds_for_all_of_them_at_once() -> None:
    found = judged("carrier", AA=(2000, 200), B6=(500, 100))

    b6 = found.slices[Slice("carrier", "B6")]
    assert b6.rate == pytest.approx(0.2)
    assert b6.allowed == allowed_rate(rows=500, errors=100, among=2) > allowed_rate(rows=500, errors=100)
    assert (found.binning, found.tolerance, found.reason) == (BINNING.id, None, "2 judged")


def test_columns_that_are_not_declared_are_not_judged() -> None:
    assert judged("origin", AA=(2000, 200)) == JudgedSlices(BINNING.id)
    assert not judged("origin", AA=(2000, 200)).reason


def test_too_few_labels_and_too_many_errors_cannot_be_judged() -> None:
    found = judged("carrier", AA=(2000, 200), B6=(6, 1), DL=(2000, 1100), UA=(0, 0))

    assert list(found.slices) == [Slice("carrier", "AA")]
    assert found.reason == "1 judged, 2 not, by too few labels at training or too many of them wrong"


def test_of_too_many_those_with_the_most_labels_are_judged() -> None:
    found = judged("carrier", **{f"c{number:03}": (1000 + number, 100) for number in range(MOST_JUDGED + 7)})

    assert len(found.slices) == MOST_JUDGED
    assert Slice("carrier", "c006") not in found.slices
    assert found.reason == "100 judged, 7 not, 100 at most"


def test_of_numbers_the_tolerance_is_known() -> None:
    reference = a_number_reference()
    assert reference.outcomes is not None
    known = {Slice("carrier", "AA"): reference.outcomes}

    found = judged_slices(SlicedReference(reference, outcomes=known), ["carrier"])

    assert found.tolerance == pytest.approx(5, abs=0.1)
    assert found.slices[Slice("carrier", "AA")].rate == pytest.approx(0.1)

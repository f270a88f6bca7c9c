from dataclasses import replace

import numpy as np
import pytest

from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.monitoring.slices import MOST_BYTES, Slicing, of_slices, slicing
from tests.drift_builders import CARRIERS, a_reference, a_sliced_reference, a_window

KNOWN = tuple(Slice("carrier", name) for name in ("UA", "AA"))


def a_reference_of(slices: int) -> SlicedReference:
    """Of so many slices with 1, 2, 3 … rows."""
    window = a_window(5)
    counted = {Slice("tail", f"N{number:04}"): replace(window, rows=number) for number in range(1, slices + 1)}
    return SlicedReference(a_reference(), counted)


def test_slices_that_are_declared_and_known_are_watched_the_most_frequent_first() -> None:
    found = slicing(a_sliced_reference(), ["carrier"])

    assert found == Slicing(tuple(Slice("carrier", name) for name in CARRIERS))
    assert found.notes == ()


def test_what_is_not_declared_is_not_watched() -> None:
    assert slicing(a_sliced_reference(), []) == Slicing()


def test_a_declared_column_of_which_the_reference_has_no_slices_is_told() -> None:
    found = slicing(a_sliced_reference(), ["carrier", "origin", "dest"])

    assert found.lacking == ("origin", "dest")
    assert found.notes == ("not sliced by origin and dest: the reference has no such slices, build one with them",)


def test_only_as_many_slices_are_watched_as_an_item_is_sure_to_hold() -> None:
    found = slicing(a_reference_of(1000), ["tail"])

    size = 3 * a_reference().binning.size
    assert len(found.known) == (MOST_BYTES - size) // (size + len("tail N1000") + 64)
    assert found.known[0] == Slice("tail", "N1000")
    assert found.left_out == 1000 - len(found.known)
    assert found.notes == (f"{found.left_out} slices with the fewest rows are not counted: an item does not hold more",)


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (["AA", "UA", "ZZ", "", None, 3, 1.5, True], [1, 0, -1, -1, -1, -1, -1, -1]),
        (["AA", ["UA"], {"UA": 1}, "UA"], [1, -1, -1, 0]),
        ([b"UA", b"AA"], [0, 1]),
        ([], []),
    ],
)
def test_values_are_places_of_known_slices_and_everything_else_is_none(column: list[object], codes: list[int]) -> None:
    found = of_slices(column, "carrier", KNOWN)

    assert found.codes.tolist() == codes
    assert found.categories == ("UA", "AA")


def test_whole_numbers_and_arrays_may_name_slices() -> None:
    known = (Slice("weekday", "3"), Slice("carrier", "3"), Slice("weekday", "5"))

    assert of_slices([3, 5.0, 4], "weekday", known).codes.tolist() == [0, 1, -1]
    assert of_slices(np.array([5.0, np.nan, 3.0], np.float32), "weekday", known).codes.tolist() == [1, -1, 0]

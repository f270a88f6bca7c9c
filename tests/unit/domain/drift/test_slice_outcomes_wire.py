import zlib

import pytest

from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.slice_outcomes_wire import decode_slice_outcomes, encode_slice_outcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.errors import InvalidSummary, ReferenceMismatch
from sluice.domain.monitoring.compare import compare, nothing_compared
from tests.drift_builders import a_reference
from tests.label_builders import some_labels
from tests.number_builders import a_number_reference, some_number_labels

BINNING, NUMBERS = a_reference().binning, a_number_reference().binning
MOST = 300_000


def some_slices() -> dict[Slice, Outcomes]:
    return {
        Slice("carrier", f"C{number}"): compare(BINNING, nothing_compared(BINNING), some_labels(number, seed=number))
        for number in range(1, 9)
    }


def test_what_is_written_is_read_again_of_classes_and_of_numbers() -> None:
    numbers = {Slice("a", "é"): compare(NUMBERS, nothing_compared(NUMBERS), some_number_labels(9, seed=1))}

    assert decode_slice_outcomes(encode_slice_outcomes(BINNING, some_slices(), most=MOST), BINNING) == some_slices()
    assert decode_slice_outcomes(encode_slice_outcomes(NUMBERS, numbers, most=MOST), NUMBERS) == numbers
    assert decode_slice_outcomes(encode_slice_outcomes(BINNING, {}, most=MOST), BINNING) == {}


def test_the_fewest_labels_are_left_out_of_what_would_be_too_large() -> None:
    slices = some_slices()
    most = len(encode_slice_outcomes(BINNING, slices, most=MOST)) - 1

    kept = decode_slice_outcomes(encode_slice_outcomes(BINNING, slices, most=most), BINNING)

    assert sorted(of.value for of in kept) == ["C3", "C4", "C5", "C6", "C7", "C8"]
    assert encode_slice_outcomes(BINNING, slices, most=1) == b""


def test_other_bytes_are_refused() -> None:
    data, identity = encode_slice_outcomes(BINNING, some_slices(), most=MOST), bytes.fromhex(BINNING.id)

    for wrong in (b"short", data[:-9], identity + zlib.compress(b"[[1]]"), identity + zlib.compress(b'[["a","b",{}]]')):
        with pytest.raises(InvalidSummary, match="no labels of slices"):
            decode_slice_outcomes(wrong, BINNING)
    with pytest.raises(ReferenceMismatch):
        decode_slice_outcomes(data, NUMBERS)

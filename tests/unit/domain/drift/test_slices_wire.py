import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.slices_wire import decode_slices, encode_slices
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.errors import InvalidSummary, ReferenceMismatch
from tests.drift_builders import a_reference, a_window, slices_of

BINNING = a_reference().binning
MOST = 300_000
NAMES = st.builds(Slice, st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(NAMES, st.integers(0, 200), max_size=5))
def test_what_is_written_is_read_again(rows: dict[Slice, int]) -> None:
    slices = {of: a_window(count, seed=count) if count else empty(BINNING) for of, count in rows.items()}

    assert decode_slices(encode_slices(slices, most=MOST), BINNING) == slices


def test_a_slice_takes_about_as_much_as_a_window() -> None:
    assert len(encode_slices(slices_of(1000, seed=5), most=MOST)) < 5 * 400


@pytest.mark.parametrize("part", [0.9, 0.4, 0.1, 0])
def test_those_with_the_fewest_rows_are_left_out_of_what_would_be_too_large(part: float) -> None:
    slices = slices_of(1000, seed=5)
    most = int(part * len(encode_slices(slices, most=MOST)))

    data = encode_slices(slices, most=most)

    kept = decode_slices(data, BINNING)
    assert len(data) <= max(most, len(encode_slices({}, most=0)))
    assert len(kept) < len(slices)
    left_out = [slices[of].rows for of in slices.keys() - kept.keys()]
    assert min((kept[of].rows for of in kept), default=1000) >= max(left_out)
    assert all(kept[of] == slices[of] for of in kept)


def test_bytes_of_something_else_are_refused() -> None:
    for data in (b"", b"\x09abc"):
        with pytest.raises(InvalidSummary, match="no counts of slices"):
            decode_slices(data, BINNING)


def test_damaged_bytes_are_refused() -> None:
    data = encode_slices(slices_of(100, seed=5), most=MOST)

    with pytest.raises(InvalidSummary, match=r"damaged|cut off"):
        decode_slices(data[:-20], BINNING)


def test_what_ends_within_a_slice_is_refused() -> None:
    body = zlib.decompress(encode_slices(slices_of(100, seed=5), most=MOST)[1:])

    for length in (len(body) - 3, 5):
        with pytest.raises(InvalidSummary):
            decode_slices(b"\x01" + zlib.compress(body[:length]), BINNING)


def test_counts_by_other_bins_are_refused() -> None:
    foreign = Summary("0" * 16, 0, empty(BINNING).counts)

    with pytest.raises(ReferenceMismatch):
        decode_slices(encode_slices({Slice("carrier", "AA"): foreign}, most=MOST), BINNING)

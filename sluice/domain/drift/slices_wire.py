"""How do the counts of slices travel? Beside those of the whole, as one piece of bytes: they are much alike."""

import struct
import zlib
from collections.abc import Iterator, Mapping

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.wire import decode, encode, inflated
from sluice.domain.errors import InvalidSummary

_FORM = b"\x01"
_LENGTHS = struct.Struct(">III")  # of the column's name, the value, the counts
_MOST_INFLATED = 1 << 24


def encode_slices(slices: Mapping[Slice, Summary], *, most: int) -> bytes:
    """The bytes of the counts of slices; those with the fewest rows are left out of more than ``most`` bytes."""
    data = _FORM + zlib.compress(b"".join(_encoded(of, summary) for of, summary in slices.items()), 6)
    if len(data) <= most or not slices:
        return data
    kept = sorted(slices, key=lambda of: -slices[of].rows)[: len(slices) * 3 // 4]
    return encode_slices({of: slices[of] for of in kept}, most=most)


def decode_slices(data: bytes, binning: Binning) -> dict[Slice, Summary]:
    """Read the bytes of counts by ``binning``. Raises InvalidSummary, or ReferenceMismatch."""
    if data[:1] != _FORM:
        raise InvalidSummary(f"these {len(data)} bytes are no counts of slices, or those of a newer Sluice")
    return dict(_decoded(inflated(data[1:], _MOST_INFLATED), binning))


def _encoded(of: Slice, summary: Summary) -> bytes:
    column, value, counts = of.column.encode(), of.value.encode(), encode(summary, compress=False)
    return _LENGTHS.pack(len(column), len(value), len(counts)) + column + value + counts


def _decoded(body: bytes, binning: Binning) -> Iterator[tuple[Slice, Summary]]:
    at = 0
    while at < len(body):
        parts = []
        try:
            lengths = _LENGTHS.unpack_from(body, at)
        except struct.error as error:
            raise InvalidSummary(f"counts of slices are cut off: {error}") from error
        at += _LENGTHS.size
        for length in lengths:
            parts.append(body[at : at + length])
            at += length
        column, value, counts = parts
        yield Slice(column.decode(), value.decode()), decode(counts, binning)

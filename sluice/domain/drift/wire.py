"""How does a summary travel? As a few bytes: its binning's id, then every counter as a variable-length integer.

The integers are LEB128, as in Protocol Buffers: seven bits a byte, the lowest first, the high bit set on all but the
last. Most counters of a window are below 128 and so one byte.
"""

import zlib

import numpy as np

from sluice.domain.drift.array import Counts
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.summary import Summary, check_alike
from sluice.domain.errors import InvalidSummary

_PLAIN, _COMPRESSED = b"\x01", b"\x02"
_ID = slice(1, 9)
_BODY = 9
_BITS = 7
_MOST_BYTES = 9  # 63 bits: every counter that int64 holds
_MORE = 0x80


def encode(summary: Summary, *, compress: bool = True) -> bytes:
    """The bytes of a summary: 2 to 3 KB for 60 features and a thousand rows."""
    values = np.concatenate(([summary.rows], summary.counts))
    body = _varints(values)
    kind = _COMPRESSED if compress else _PLAIN
    return kind + bytes.fromhex(summary.binning) + (zlib.compress(body, 6) if compress else body)


def decode(data: bytes, binning: Binning) -> Summary:
    """Read the bytes of a summary counted by ``binning``. Raises InvalidSummary, or ReferenceMismatch."""
    if len(data) <= _BODY or data[:1] not in {_PLAIN, _COMPRESSED}:
        raise InvalidSummary(f"these {len(data)} bytes are no summary, or one of a newer Sluice")
    check_alike(binning.id, data[_ID].hex())
    most = _MOST_BYTES * (binning.size + 1)
    body = data[_BODY:] if data[:1] == _PLAIN else inflated(data[_BODY:], most)
    values = _integers(body)
    if len(values) != binning.size + 1:
        raise InvalidSummary(f"a summary of this binning has {binning.size} counters, got {len(values) - 1}")
    return Summary(binning.id, int(values[0]), values[1:].copy())


def inflated(data: bytes, most: int) -> bytes:
    """Inflate to ``most`` bytes, never to more. Raises InvalidSummary."""
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(data, most)
    except zlib.error as error:
        raise InvalidSummary(f"a summary's bytes are damaged: {error}") from error
    if not inflater.eof or inflater.unused_data:
        raise InvalidSummary("a summary's bytes are cut off, or go on after its end")
    return body


def _varints(values: Counts) -> bytes:
    lengths = np.ones(len(values), dtype=np.int64)
    for size in range(1, _MOST_BYTES):
        lengths += values >= 1 << (_BITS * size)
    ends = np.cumsum(lengths)
    place = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
    groups = (np.repeat(values, lengths) >> (_BITS * place)) & (_MORE - 1)
    groups[place < np.repeat(lengths, lengths) - 1] |= _MORE
    return groups.astype(np.uint8).tobytes()


def _integers(body: bytes) -> Counts:
    data = np.frombuffer(body, dtype=np.uint8).astype(np.int64)
    ends = np.flatnonzero(data < _MORE) + 1
    if not len(ends) or ends[-1] != len(data):
        raise InvalidSummary("a summary's bytes end within a counter")
    lengths = np.diff(ends, prepend=0)
    if lengths.max() > _MOST_BYTES:
        raise InvalidSummary("a summary's counter does not fit into 63 bits")
    starts = ends - lengths
    place = np.arange(len(data)) - np.repeat(starts, lengths)
    return np.add.reduceat((data & (_MORE - 1)) << (_BITS * place), starts)

"""How do outcomes travel? As a few bytes: the id of their binning, then their JSON form, compressed."""

import json
import zlib

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.reference_form import read_outcomes
from sluice.domain.drift.summary import check_alike
from sluice.domain.errors import InvalidReference, InvalidSummary

_ID = 8  # bytes


def encode_outcomes(outcomes: Outcomes) -> bytes:
    """The bytes of outcomes; equal outcomes give equal bytes. A hundred labels of two classes are about 200."""
    form = json.dumps(outcomes.to_dict(), separators=(",", ":")).encode()
    return bytes.fromhex(outcomes.binning) + zlib.compress(form, 6)


def decode_outcomes(data: bytes, binning: Binning) -> Outcomes:
    """Read the bytes of outcomes counted by ``binning``. Raises InvalidSummary, or ReferenceMismatch."""
    if len(data) <= _ID:
        raise InvalidSummary(f"these {len(data)} bytes are no outcomes")
    check_alike(binning.id, data[:_ID].hex())
    try:
        form = json.loads(zlib.decompress(data[_ID:]))
        return read_outcomes(form, binning)
    except (zlib.error, LookupError, TypeError, ValueError, InvalidReference) as wrong:
        raise InvalidSummary(f"these {len(data)} bytes are no outcomes: {wrong}") from wrong

"""How do the labels of slices travel? As one piece of bytes: the id of their binning, then all of them, compressed."""

import json
import zlib
from collections.abc import Mapping

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.reference_form import read_outcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.summary import check_alike
from sluice.domain.errors import InvalidReference, InvalidSummary

_ID = 8  # bytes


def encode_slice_outcomes(binning: Binning, slices: Mapping[Slice, Outcomes], *, most: int) -> bytes:
    """The bytes of the labels of slices, none of none; of more than ``most`` bytes the fewest labels are left out."""
    if not slices:
        return b""
    form = [[*of, slices[of].to_dict()] for of in sorted(slices)]
    data = bytes.fromhex(binning.id) + zlib.compress(json.dumps(form, separators=(",", ":")).encode(), 6)
    if len(data) <= most:
        return data
    kept = sorted(slices, key=lambda of: -slices[of].rows)[: len(slices) * 3 // 4]
    return encode_slice_outcomes(binning, {of: slices[of] for of in kept}, most=most)


def decode_slice_outcomes(data: bytes, binning: Binning) -> dict[Slice, Outcomes]:
    """Read such bytes counted by ``binning``. Raises InvalidSummary, or ReferenceMismatch."""
    if not data:
        return {}
    if len(data) <= _ID:
        raise InvalidSummary(f"these {len(data)} bytes are no labels of slices")
    check_alike(binning.id, data[:_ID].hex())
    try:
        form = json.loads(zlib.decompress(data[_ID:]))
        return {Slice(column, value): read_outcomes(counts, binning) for column, value, counts in form}
    except (zlib.error, LookupError, TypeError, ValueError, InvalidReference) as wrong:
        raise InvalidSummary(f"these {len(data)} bytes are no labels of slices: {wrong}") from wrong

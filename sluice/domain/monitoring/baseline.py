"""What are a version's windows compared with? Its training data or, once a person accepted a drift, what came since.

Every slice is compared with its own past. After an acceptance that is its accepted rows; a slice that had too few of
them has no past and is not judged: its training data would find again what a person has accepted.
"""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sluice.domain.drift.reference import Reference
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.sliced import LEAST_ROWS, Slice, SlicedReference
from sluice.domain.drift.slices_wire import decode_slices, encode_slices
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.wire import decode
from sluice.domain.errors import ReferenceMismatch
from sluice.domain.monitoring.watch import Accepted

_MOST_BYTES = 150_000  # with base64 half of what an item holds; the other half is for what drifts


@dataclass(frozen=True, slots=True)
class Baseline:
    """What windows are compared with.

    Attributes:
        whole: All rows.
        slices: Each slice that has a past.
        without_past: How many slices have none since the acceptance.

    """

    whole: Reference
    slices: Mapping[Slice, Reference]
    without_past: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know, in words."""
        few = f"{self.without_past} slices are not judged: fewer than {LEAST_ROWS} accepted rows"
        return (few,) * bool(self.without_past)


def baseline(reference: SlicedReference, slices: Collection[Slice], accepted: Accepted | None) -> Baseline:
    """What a person has accepted, while the bins are still those; else the training data."""
    trained = Baseline(reference.whole, {of: reference.of(of) for of in slices})
    if accepted is None:
        return trained
    whole = reference.whole
    try:
        summary = decode(base64.b64decode(accepted.summary), whole.binning)
    except ReferenceMismatch:
        return trained
    rebased = whole.rebased(summary, Repeats(accepted.compared, accepted.copies) if whole.repeats else None)
    known = decode_slices(base64.b64decode(accepted.slices), whole.binning) if accepted.slices else {}
    pasts = {of: whole.rebased(known[of]) for of in slices if of in known}
    return Baseline(rebased, pasts, len(slices) - len(pasts))


def accepted_slices(slices: Mapping[Slice, Summary]) -> str:
    """The slices that have a past in accepted windows, as ``Accepted.slices`` holds them."""
    pasts = {of: summary for of, summary in slices.items() if summary.rows >= LEAST_ROWS}
    return base64.b64encode(encode_slices(pasts, most=_MOST_BYTES)).decode() if pasts else ""

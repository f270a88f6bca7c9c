"""Count the labels that have joined their predictions into the windows of the version that answered, each once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby, islice

from sluice.aws.item_store import in_groups
from sluice.aws.outcomes import MOST_TOGETHER, OutcomeStore, StoredOutcomes, Total
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes_wire import decode_outcomes, encode_outcomes
from sluice.domain.drift.slice_outcomes_wire import decode_slice_outcomes, encode_slice_outcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.errors import StaleWrite
from sluice.domain.monitoring.compare import compare, compare_slices, nothing_compared
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.slice_totals import with_counted
from sluice.domain.monitoring.window import Window

MOST_LABELS = 50_000  # a look; others wait for the next one
_LARGEST = 390_000  # bytes; an item holds 400 KB, keys and names included


def count_labels(
    model: str,
    version: str,
    binning: Binning,
    store: OutcomeStore,
    *,
    keep: timedelta,
    judged: Collection[Slice] = (),
) -> Total:
    """Count those that wait; all that is counted of the version afterwards, and of the slices that are judged.

    Safe to repeat, and after a crash: labels are taken away by the transaction that counts them. Raises StaleWrite when
    somebody else counts at the same time, StoreUnavailable.
    """
    counting = _Counting(binning, store, keep, judged, store.total(model, version, binning.id))
    waiting = list(islice(store.waiting(model, version), MOST_LABELS))
    for window, labels in groupby(waiting, key=lambda each: each.window):
        for some in in_groups(labels, MOST_TOGETHER):
            counting.add(window, some)
    return counting.total


@dataclass(slots=True)
class _Counting:
    """Counts one version's labels, some of a window at a time."""

    binning: Binning
    store: OutcomeStore
    keep: timedelta
    judged: Collection[Slice]
    total: Total

    def add(self, window: Window, labels: Sequence[Labelled]) -> None:
        there = self.store.get(window, self.binning.id)
        before = nothing_compared(self.binning) if there is None else decode_outcomes(there.outcomes, self.binning)
        after, total = compare(self.binning, before, labels), self.total
        rows, errors = after.rows - before.rows, after.wrong - before.wrong
        whole, revision = encode_outcomes(after), 0 if there is None else there.revision
        was = decode_slice_outcomes(b"" if there is None else there.slices, self.binning)
        now = compare_slices(self.binning, was, labels)
        slices = encode_slice_outcomes(self.binning, now, most=_LARGEST - len(whole))
        wanted = StoredOutcomes(window, whole, revision, slices)
        of_slices = with_counted(total.slices, was, now, kept=self.judged)
        sums = Total(total.rows + rows, total.errors + errors, total.revision, of_slices)
        if not self.store.put(wanted, sums, labels, binning=self.binning.id, keep=self.keep):
            raise StaleWrite(f"somebody else counted labels of version {window.version} of {window.model}, too")
        self.total = replace(sums, revision=sums.revision + 1)

"""Look how well the versions of a model do: count labels that came, bet on them once, and tell a loss once.

The champion's loss is told as its drift is: an incident, events, a metric for the alarm. A challenger's is only written
down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sluice.aws.outcomes import OutcomeStore, StoredOutcomes, Total
from sluice.domain.alarm_name import quality_alarm
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.cbpe import estimate
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.outcomes_wire import decode_outcomes
from sluice.domain.drift.slice_outcomes_wire import decode_slice_outcomes
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.drift.summary import merged
from sluice.domain.errors import InvalidReference
from sluice.domain.monitoring.compare import is_compared
from sluice.domain.monitoring.describe_quality import SeenQuality, measured_by, numbers_by, worst_slices
from sluice.domain.monitoring.judged_slices import JudgedSlices, judged_slices
from sluice.domain.monitoring.quality import KnownQuality, SliceQuality
from sluice.domain.monitoring.quality_news import QualityNews, quality_news
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.watch import Watch
from sluice.domain.monitoring.watch_quality import SHOWN_LABELS, newest, watch_quality
from sluice.domain.monitoring.window import hour_of
from sluice.domain.variant import CHAMPION
from sluice.service import tell_quality
from sluice.service.count_labels import count_labels
from sluice.service.judge_drift import EVENTS, Services, read_windows, rules_of

_SPANS = (timedelta(hours=64), timedelta(days=30))  # looked through before all that is kept


@dataclass(frozen=True, slots=True)
class QualityServices:
    """What looking takes.

    Attributes:
        drift: What looking for drift takes.
        outcomes: Labels, counted and to be counted.

    """

    drift: Services
    outcomes: OutcomeStore


def judge_quality(
    watches: Sequence[Watch], watching: Watching, services: QualityServices, *, now: datetime
) -> list[Watch]:
    """Look at the versions that were just looked at for drift; what is known of each afterwards.

    Labels of versions that are no longer served are counted, and not judged. Events come first and may come twice;
    the record, its audit and the incident are written as one, once. Raises StaleWrite when another look was quicker,
    StoreUnavailable.
    """
    look = _Look(watching, services, now)
    looked = [look.at(watch) for watch in watches]
    served = {(watch.model, watch.id) for watch in watches}
    for model in dict.fromkeys(watch.model for watch in watches):
        for old in services.drift.watches.recent(model):
            if (model, old.id) not in served:
                look.count(old)
    return looked


@dataclass(frozen=True, slots=True)
class _Look:
    watching: Watching
    services: QualityServices
    now: datetime

    def at(self, before: Watch) -> Watch:
        counted = self.count(before)
        if counted is None:
            return before
        known = watch_quality(before.quality, self._see(before, *counted), self.watching, now=self.now)
        if known == before.quality:
            return before
        return self._put(replace(before, quality=known), known, quality_news(before.quality, known))

    def _put(self, watch: Watch, known: KnownQuality, news: QualityNews) -> Watch:
        entry = tell_quality.entry(news, known, now=self.now)
        if watch.slot != CHAMPION or not news.is_told:
            return self.services.drift.watches.put(watch, entry)
        for kind in EVENTS:
            self.services.drift.announcements.tell(kind, tell_quality.detail(watch, news))
        routing = self.services.drift.routings.get(watch.model)
        alarms = () if routing is None else (quality_alarm(routing.endpoint),)
        incident = tell_quality.incident(watch, news, known, alarms, now=self.now)
        return self.services.drift.watches.put(watch, entry, incident=incident)

    def count(self, watch: Watch) -> tuple[SlicedReference, Total] | None:
        """Count labels; None where there is no reference, which the look for drift has told, or none of answers."""
        try:
            reference = self.services.drift.references.sliced(watch.model, watch.id)
        except InvalidReference:
            return None
        if reference is None or not is_compared(reference.whole.binning):
            return None
        store, keep, judged = self.services.outcomes, self.watching.keep, self._judged(reference).slices
        return reference, count_labels(watch.model, watch.id, reference.whole.binning, store, keep=keep, judged=judged)

    def _judged(self, reference: SlicedReference) -> JudgedSlices:
        return judged_slices(reference, self.watching.slices)

    def _see(self, watch: Watch, sliced: SlicedReference, total: Total) -> SeenQuality:
        reference = sliced.whole
        binning, training = reference.binning, reference.outcomes
        seen = SeenQuality(
            binning.id,
            total.rows,
            total.errors,
            training=training if training and training.rows else None,
            trained=numbers_by(binning, training),
            judged=self._judged(sliced),
            totals=total.slices,
        )
        found = self._newest(watch, sliced) if total.rows else None
        if found is None and not binning.classes:
            return seen
        if found is None:
            rules, windows = rules_of(self.watching), self.services.drift.windows
            asked = read_windows(watch, binning, rules, windows, now=self.now)
            every = merged(binning, [window.summary for window in asked])
            return replace(seen, estimated=estimate(reference, every))
        since, outcomes, slices = found
        return replace(seen, since=since, measured=measured_by(binning, outcomes), slices=slices)

    def _newest(
        self, watch: Watch, reference: SlicedReference
    ) -> tuple[datetime, Outcomes, tuple[SliceQuality, ...]] | None:
        """The newest labels, without reading all that is kept: most often they are within the last hours."""
        binning, keep, found, stored = reference.whole.binning, self.watching.keep, None, list[StoredOutcomes]()
        for span in (*(each for each in _SPANS if each < keep), keep):
            first, last = hour_of(self.now - span), hour_of(self.now)
            outcomes = self.services.outcomes
            stored = list(outcomes.between(watch.model, watch.id, binning.id, first=first, last=last))
            found = newest([(each.window.start, decode_outcomes(each.outcomes, binning)) for each in stored])
            if found is not None and found[1].rows >= SHOWN_LABELS:
                break
        if found is None:
            return None
        return *found, self._worst((each for each in stored if each.window.start >= found[0]), reference)

    def _worst(self, stored: Iterable[StoredOutcomes], reference: SlicedReference) -> tuple[SliceQuality, ...]:
        """Of the slices that are still declared."""
        binning, declared = reference.whole.binning, self.watching.slices
        counted = {of: outcomes for of, outcomes in _by_slice(stored, binning).items() if of.column in declared}
        return worst_slices(binning, counted, reference.outcomes, least_rows=self.watching.least_rows)


def _by_slice(stored: Iterable[StoredOutcomes], binning: Binning) -> dict[Slice, Outcomes]:
    """The labels of each slice in all these windows."""
    together: dict[Slice, Outcomes] = {}
    for window in stored:
        for of, outcomes in decode_slice_outcomes(window.slices, binning).items():
            together[of] = together[of] + outcomes if of in together else outcomes
    return together

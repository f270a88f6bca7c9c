"""Look whether what the versions of a model are asked has drifted, write down what is found, and tell once.

The champion's drift is told: an incident, events, a metric for the alarm. A challenger's is only written down: what
ends its release is found by ``judge_candidate``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sluice.aws.announcements import Announcements
from sluice.aws.state import RoutingStore
from sluice.aws.watches import Watches
from sluice.aws.windows import Windows
from sluice.domain.alarm_name import drift_alarm
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.judge import judge
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summary import empty
from sluice.domain.errors import InvalidReference, ModelNotFound, UnfitReference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.incident import Incident
from sluice.domain.monitoring.baseline import baseline
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.seen import seen
from sluice.domain.monitoring.slices import slicing
from sluice.domain.monitoring.watch import Drifting, News, Seen, Watch, look
from sluice.domain.monitoring.window import hour_of, hours_until
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.routing import Routing
from sluice.domain.variant import CHAMPION, in_order
from sluice.service.beside_past import beside_past
from sluice.service.count_windows import Counted
from sluice.service.earlier_weeks import earlier_weeks
from sluice.service.find_reference import ReferenceBook
from sluice.service.judge_twice import judge_twice
from sluice.service.stored_window import counted_of

ACTOR = "judge_drift"
EVENTS = ("DriftFound", "RetrainingRequested")
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Services:
    """What looking takes.

    Attributes:
        routings: Which version is where.
        references: What versions are compared with.
        windows: What was counted.
        watches: What is known of each version's drift.
        announcements: Who is told.

    """

    routings: RoutingStore
    references: ReferenceBook
    windows: Windows
    watches: Watches
    announcements: Announcements


def judge_drift(model: str, watching: Watching, services: Services, *, now: datetime) -> list[Watch]:
    """Look at every version that the routing table names, the champion first; what is known of each afterwards.

    Events come first and may come twice; the record, its audit and the incident are written as one, once. Raises
    ModelNotFound, StaleWrite when another look was quicker, StoreUnavailable.
    """
    routing = services.routings.get(model)
    if routing is None:
        raise ModelNotFound(f"{model} is not deployed: it has no routing table")
    slots: dict[str, str] = {}
    for slot in in_order(routing.versions):
        slots.setdefault(routing.versions[slot], slot)
    return [_look_at(_Place(routing, version, slot), watching, services, now) for version, slot in slots.items()]


def rules_of(watching: Watching) -> Rules:
    """By which rules a model's windows are judged."""
    return Rules(
        false_alarms_per_30_days=watching.false_alarms_per_30_days,
        looks_per_30_days=watching.looks_per_30_days,
        min_rows=watching.least_rows,
    )


def read_windows(watch: Watch, binning: Binning, rules: Rules, windows: Windows, *, now: datetime) -> list[Counted]:
    """The last hours without gaps, the one under way at the end; none from before the first one with rows."""
    hours = hours_until(hour_of(now), 1 << (rules.levels - 1))
    first = hours[0] if watch.accepted is None else max(hours[0], watch.accepted.since)
    nothing = Counted(empty(binning))
    counted: dict[datetime, Counted] = {}
    for stored in windows.between(watch.model, watch.id, binning.id, first=first, last=hours[-1]):
        start = stored.window.start
        counted[start] = counted.get(start, nothing) + counted_of(stored, binning)
    return [counted.get(hour, nothing) for hour in hours if hour >= min(counted, default=now)]


class _Place(NamedTuple):
    """A version, and where it is."""

    routing: Routing
    version: str
    slot: str


def _look_at(place: _Place, watching: Watching, services: Services, now: datetime) -> Watch:
    model, version, slot = place.routing.model, place.version, place.slot
    before = services.watches.get(model, version)
    before = before or Watch(model, version, slot, now, Verdict.INCONCLUSIVE, "", 0)
    news = look(before, _see(before, watching, services, now), slot=slot, now=now)
    if slot != CHAMPION or not news.begun:
        return services.watches.put(news.watch, _entry(news, now))
    for kind in EVENTS:
        services.announcements.tell(kind, _detail(news))
    return services.watches.put(news.watch, _entry(news, now), incident=_incident(news, place.routing, now))


def _see(watch: Watch, watching: Watching, services: Services, now: datetime) -> Seen:
    rules = rules_of(watching)
    try:
        reference = services.references.sliced(watch.model, watch.id)
    except InvalidReference as wrong:
        # What drifted goes on: nobody could look. By another model's reference nothing ever was a drift.
        watched = frozenset[str]() if isinstance(wrong, UnfitReference) else None
        return Seen(Verdict.ERROR, f"its reference cannot be used: {wrong}", 0, watched=watched)
    if reference is None:
        told = "there is no reference.json beside the model: build one with it (docs/monitoring.md)"
        return Seen(Verdict.INCONCLUSIVE, told, 0)
    windows = read_windows(watch, reference.whole.binning, rules, services.windows, now=now)
    rows = sum(window.summary.rows for window in windows)
    if not rows:
        return Seen(Verdict.INCONCLUSIVE, f"no rows in the last {1 << (rules.levels - 1)} hours", 0)
    slices = slicing(reference, watching.slices)
    compared = baseline(reference, slices.known, watch.accepted)
    hours = hours_until(hour_of(now), len(windows))
    weeks = earlier_weeks(watch, watching, hours, services.windows, binning=reference.whole.binning)
    found = judge(beside_past(compared, windows, weeks.pasts), rules)
    notes = (*slices.notes, *compared.notes, *weeks.notes)
    return seen(found, rows, hour=hour_of(now), repeats=judge_twice(compared, windows, weeks.pasts, rules), notes=notes)


def _entry(news: News, now: datetime) -> Entry | None:
    """The audit's line; none where nothing changed."""
    if news.begun:
        details = {"drifting": [each.to_dict() for each in news.begun], "recovered": list(news.ended)}
        return Entry(EntryKind.DRIFTED, ACTOR, _told(news.begun), now, details)
    told = {"well again": news.ended, "no longer watched": news.unwatched}
    over = [f"{what}: {', '.join(names)}" for what, names in told.items() if names]
    return Entry(EntryKind.RECOVERED, ACTOR, "; ".join(over), now) if over else None


def _detail(news: News) -> dict[str, object]:
    since = min(each.since for each in news.begun)
    findings = [each.to_dict() for each in news.begun]
    return {"model": news.watch.model, "version": news.watch.id, "since": since.isoformat(), "findings": findings}


def _incident(news: News, routing: Routing, now: datetime) -> Incident:
    watch, names = news.watch, ", ".join(each.where for each in news.begun[:_MOST_NAMED])
    more = f" and {len(news.begun) - _MOST_NAMED} more" if len(news.begun) > _MOST_NAMED else ""
    return Incident(
        id=f"{now:%Y%m%dT%H%M%S}-drift",
        model=watch.model,
        title=f"{watch.model}: what version {watch.id} is asked has drifted: {names}{more}",
        opened_at=now,
        what_changed=_told(news.begun),
        evidence={"version": watch.id, "rows": watch.rows, "drifting": [each.to_dict() for each in news.begun]},
        alarms=(drift_alarm(routing.endpoint),),
        replay=f"sluice drift status --model {watch.model}",
        decided_by=ACTOR,
    )


def _told(begun: Sequence[Drifting]) -> str:
    return "; ".join(each.reason for each in begun)

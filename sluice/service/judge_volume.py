"""Look how often a model is asked, and tell once when that is far less, or far more, than usual.

An incident, an event, a metric for the alarm; no call for a retraining, which brings no traffic back.
"""

from dataclasses import dataclass
from datetime import datetime

from sluice.aws.announcements import Announcements
from sluice.aws.predictions_asked import PredictionsAsked
from sluice.aws.state import RoutingStore
from sluice.aws.volume_watches import VolumeWatches
from sluice.domain.alarm_name import volume_alarm
from sluice.domain.errors import ModelNotFound
from sluice.domain.evidence.finding import Verdict
from sluice.domain.incident import Incident
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.volume import READ_BACK
from sluice.domain.monitoring.watch_volume import (
    Unusual,
    VolumeNews,
    VolumeWatch,
    last_complete_hour,
    watch_volume,
    without_comparison,
)
from sluice.domain.monitoring.window import LENGTH
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.routing import Routing

ACTOR = "judge_volume"
EVENT = "VolumeUnusual"
_INTERLEAVED = "two rankers are interleaved, and each list counts as two predictions"


@dataclass(frozen=True, slots=True)
class VolumeServices:
    """What looking takes.

    Attributes:
        routings: Which endpoint a model has, and whether two rankers are interleaved.
        asked: How often it was asked.
        watches: What is known of that.
        announcements: Who is told.

    """

    routings: RoutingStore
    asked: PredictionsAsked
    watches: VolumeWatches
    announcements: Announcements


def judge_volume(model: str, watching: Watching, services: VolumeServices, *, now: datetime) -> VolumeWatch:
    """Look at the last complete hours of a model, in whatever slots; what is known afterwards.

    The event comes first and may come twice; the record, its audit and the incident are written as one, once. Raises
    ModelNotFound, MetricsIncomplete, StaleWrite when another look was quicker, StoreUnavailable.
    """
    routing = services.routings.get(model)
    if routing is None:
        raise ModelNotFound(f"{model} is not deployed: it has no routing table")
    before = services.watches.of(model) or VolumeWatch(model, now, Verdict.INCONCLUSIVE, "")
    if routing.interleaving is not None:
        news = without_comparison(before, _INTERLEAVED, now=now)
    else:
        end = last_complete_hour(now) + LENGTH
        counts = services.asked.by_hour(model, start=end - READ_BACK, end=end)
        news = watch_volume(before, counts, watching, now=now)
    return _write(news, routing, services, now)


def _write(news: VolumeNews, routing: Routing, services: VolumeServices, now: datetime) -> VolumeWatch:
    begun = news.begun
    if begun is None:
        ended = Entry(EntryKind.RECOVERED, ACTOR, news.ended, now) if news.ended else None
        return services.watches.put(news.watch, ended)
    services.announcements.tell(EVENT, _detail(routing.model, begun))
    entry = Entry(EntryKind.UNUSUAL, ACTOR, begun.reason, now, {"volume": begun.to_dict()})
    return services.watches.put(news.watch, entry, incident=_incident(begun, routing, now))


def _detail(model: str, begun: Unusual) -> dict[str, object]:
    """As a drift's: the finding's feature is the volume."""
    finding = {"feature": "volume", **begun.to_dict()}
    return {"model": model, "since": begun.since.isoformat(), "findings": [finding]}


def _incident(begun: Unusual, routing: Routing, now: datetime) -> Incident:
    return Incident(
        id=f"{now:%Y%m%dT%H%M%S}-volume",
        model=routing.model,
        title=f"{routing.model} is asked far {begun.change} than usual: {begun.count:,} predictions, "
        f"{begun.usual:,.0f} are usual",
        opened_at=now,
        what_changed=begun.reason,
        evidence={"volume": begun.to_dict(), "versions": dict(routing.versions)},
        alarms=(volume_alarm(routing.endpoint),),
        replay=f"sluice drift status --model {routing.model}",
        decided_by=ACTOR,
    )

"""How is a loss of quality told, and its end? As a drift's: a line of the audit, an incident, the detail of events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sluice.domain.incident import Incident
from sluice.domain.monitoring.quality import KnownQuality
from sluice.domain.monitoring.quality_news import QualityNews
from sluice.domain.monitoring.watch import Watch
from sluice.domain.rollout.decision import Entry, EntryKind

ACTOR = "judge_quality"
_MOST_NAMED = 5
_MOST_FINDINGS = 20


def entry(news: QualityNews, known: KnownQuality, *, now: datetime) -> Entry | None:
    """The audit's line; none where nothing changed."""
    over = [f"quality is well again: {known.reason}"] * news.is_over
    over += [f"quality of {each} is well again" for each in news.ended]
    over += [f"quality of {each} is no longer judged" for each in news.unwatched]
    if news.begun:
        told = "; ".join((*(loss.reason for loss in news.begun), *over))
        return Entry(EntryKind.WORSENED, ACTOR, told, now, {"quality": _evidence(known)})
    return Entry(EntryKind.RECOVERED, ACTOR, "; ".join(over), now) if over else None


def detail(watch: Watch, news: QualityNews) -> dict[str, object]:
    """As a drift's: the finding's feature is the quality of the answers."""
    told = {"": news.whole} if news.whole else news.slices
    findings = [
        {
            "feature": "quality",
            "role": "output",
            "change": "quality",
            **loss.to_dict(),
            "slice": where,
            "slices": [where] if where else list(news.beside),
        }
        for where, loss in list(told.items())[:_MOST_FINDINGS]
    ]
    since = min(loss.since for loss in told.values())
    return {"model": watch.model, "version": watch.id, "since": since.isoformat(), "findings": findings}


def incident(
    watch: Watch, news: QualityNews, known: KnownQuality, alarms: tuple[str, ...], *, now: datetime
) -> Incident:
    """What happened, for people."""
    return Incident(
        id=f"{now:%Y%m%dT%H%M%S}-quality",
        model=watch.model,
        title=f"{watch.model}: version {watch.id} is wrong more often than at training{_where_and_how(news)}",
        opened_at=now,
        what_changed=known.reason,
        evidence={"version": watch.id, "quality": _evidence(known)},
        alarms=alarms,
        replay=f"sluice drift status --model {watch.model}",
        decided_by=ACTOR,
    )


def _where_and_how(news: QualityNews) -> str:
    if news.whole:
        beside = f"; so it is in {_names(list(news.beside))}" if news.beside else ""
        return f": {news.whole.reason}{beside}"
    return f" in {_names(list(news.slices))}: {next(iter(news.slices.values())).reason}"


def _names(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} slices more" if more > 0 else "")


def _evidence(known: KnownQuality) -> Mapping[str, Any]:
    """All that is known but the bets on slices, which are many."""
    form = known.to_dict()
    del form["watched"]
    return {**form, "losses": {where: loss.to_dict() for where, loss in known.losses.items()}}

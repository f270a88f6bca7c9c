"""What is known of how often a model is asked, after a look? Far too little, or too much, is news once.

What is unusual is no past for what comes after; once it has lasted for a week it is the new normal, and all that was
before is forgotten.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.volume import Change, Hours, VolumeFinding, judge_volume
from sluice.domain.monitoring.window import LENGTH, hour_of

SHARE = 0.1
"""Of the budget of false alarms: so many of them, beside those of drift, are about volume."""

NEW_NORMAL = timedelta(days=7)
"""What has lasted for so long is usual."""

SETTLING = timedelta(minutes=5)
"""Metrics of an hour are there so long after it."""

_HOURS_OF_30_DAYS = 720


@dataclass(frozen=True, slots=True)
class Unusual:
    """A model is asked far less, or far more, than usual.

    Attributes:
        since: From which hour on; aware, UTC.
        change: Which of both.
        reason: In words, with the numbers, when it was found.
        count: Predictions in the hours it was found in.
        usual: How many were expected.

    """

    since: datetime
    change: Change
    reason: str
    count: int
    usual: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "since": self.since.isoformat(), "change": self.change.value}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        return cls(**{**form, "since": datetime.fromisoformat(form["since"]), "change": Change(form["change"])})


@dataclass(frozen=True, slots=True)
class VolumeWatch:
    """What is known of how often a model is asked.

    Attributes:
        model: Name of the model.
        looked_at: When that was; aware, UTC.
        verdict: Fail while it is unusual; inconclusive where nothing can be compared.
        reason: In words, of the last look.
        unusual: That it is.
        past_since: Hours before are no past: they are another normal, or not comparable; None for all that are known.
        revision: Counts writes of the record.
        sequence: Counts lines of its audit.

    """

    ID: ClassVar[str] = "predictions"
    """Of the only record of a model."""

    model: str
    looked_at: datetime
    verdict: Verdict
    reason: str
    unusual: Unusual | None = None
    past_since: datetime | None = None
    revision: int = 0
    sequence: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            **{name: getattr(self, name) for name in ("model", "reason", "revision", "sequence")},
            "id": self.ID,
            "looked_at": self.looked_at.isoformat(),
            "verdict": self.verdict.value,
            "unusual": self.unusual and self.unusual.to_dict(),
            "past_since": self.past_since and self.past_since.isoformat(),
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        read = {
            "looked_at": datetime.fromisoformat(form["looked_at"]),
            "verdict": Verdict(form["verdict"]),
            "unusual": form["unusual"] and Unusual.from_dict(form["unusual"]),
            "past_since": form["past_since"] and datetime.fromisoformat(form["past_since"]),
        }
        return cls(**{**{name: value for name, value in form.items() if name != "id"}, **read})


@dataclass(frozen=True, slots=True)
class VolumeNews:
    """What a look changed.

    Attributes:
        watch: What is known now.
        begun: What is news.
        ended: Why what was unusual no longer is; empty where nothing ended.

    """

    watch: VolumeWatch
    begun: Unusual | None = None
    ended: str = ""


def last_complete_hour(now: datetime) -> datetime:
    """When the last hour began whose metrics are all there."""
    return hour_of(now - SETTLING) - LENGTH


def watch_volume(
    before: VolumeWatch, counts: Mapping[datetime, float], watching: Watching, *, now: datetime
) -> VolumeNews:
    """What is known after a look; ``counts``: predictions by hour, an hour without any is missing."""
    before, outlasted = _with_new_normal(before, now)
    found = _judge(before, counts, watching, now)
    had = before.unusual
    looked = replace(before, looked_at=now, verdict=found.verdict, reason=found.reason)
    if found.verdict is Verdict.INCONCLUSIVE and had:
        return VolumeNews(replace(looked, verdict=Verdict.FAIL))
    if found.change is None or found.usual is None:
        ended = outlasted or (f"volume is usual again: {found.reason}" if had else "")
        return VolumeNews(replace(looked, unusual=None), ended=ended)
    if had and had.change is found.change:
        return VolumeNews(looked)
    begun = Unusual(found.since, found.change, found.reason, found.count, found.usual)
    return VolumeNews(replace(looked, unusual=begun), begun, outlasted)


def without_comparison(before: VolumeWatch, reason: str, *, now: datetime) -> VolumeNews:
    """What is known while counts mean something else than before: the past begins anew afterwards."""
    watch = replace(
        before,
        looked_at=now,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"not judged: {reason}",
        unusual=None,
        past_since=hour_of(now) + LENGTH,
    )
    return VolumeNews(watch, ended=f"no longer judged: {reason}" if before.unusual else "")


def p_unusual(watching: Watching) -> float:
    """The chance of a look to find something where there is nothing; an hour is judged once, however often seen."""
    looks = min(watching.looks_per_30_days, _HOURS_OF_30_DAYS)
    return SHARE * watching.false_alarms_per_30_days / looks


def _with_new_normal(before: VolumeWatch, now: datetime) -> tuple[VolumeWatch, str]:
    """What has lasted for a week is what later hours are compared with; and why it is unusual no longer."""
    unusual = before.unusual
    if unusual is None or last_complete_hour(now) - unusual.since < NEW_NORMAL:
        return before, ""
    told = f"it has lasted since {unusual.since:%Y-%m-%d %H:%M} and is taken as usual"
    return replace(before, unusual=None, past_since=unusual.since), told


def _judge(before: VolumeWatch, counts: Mapping[datetime, float], watching: Watching, now: datetime) -> VolumeFinding:
    last = last_complete_hour(now)
    if not counts:
        return VolumeFinding(Verdict.INCONCLUSIVE, "not judged: no predictions are known", last, 0)
    first = min(counts) + LENGTH  # of the first hour only a part is known
    if before.past_since is not None:
        first = max(first, before.past_since)
    hours = Hours(counts, first, before.unusual.since if before.unusual else now)
    return judge_volume(hours, last=last, p_unusual=p_unusual(watching))

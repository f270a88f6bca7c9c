"""What is known of a version's drift, and what changes with a look? A drift is news once, until it has passed.

What could not be judged stays as it was: missing data neither ends a drift nor makes anything healthy.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.quality import KnownQuality


@dataclass(frozen=True, slots=True)
class Drifting:
    """A feature that has drifted: in all rows or, where these do not show it, in some slices.

    Attributes:
        feature: Its name.
        role: ``input`` or ``output``.
        change: How it has changed, if that is known.
        reason: In words, with the numbers.
        effect: How large the change is, to compare changes: Cohen's w.
        since: The hour from which on it is known; aware, UTC.
        slice: The rows that all of this is about, such as ``carrier AA``: where it shows most; empty for all rows.
        slices: The slices that show it, the most first; at most ten are named.

    """

    feature: str
    role: str
    change: str | None
    reason: str
    effect: float
    since: datetime
    slice: str = ""
    slices: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """What drifts, for people: ``temp``, ``temp of carrier AA``, ``temp of carrier AA and 2 slices more``."""
        more = len(self.slices) - 1
        shown = place(self.feature, self.slice)
        return f"{shown} and {more} slice{'s' * (more > 1)} more" if self.slice and more > 0 else shown

    @property
    def places(self) -> frozenset[str]:
        """Where it has to be found well before it is over: in all rows, or in each slice that showed it."""
        return frozenset(place(self.feature, each) for each in ({self.slice, *self.slices} if self.slice else ("",)))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "since": self.since.isoformat(), "slices": list(self.slices)}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form, that of before there were slices too. Raises TypeError or ValueError."""
        slices = tuple(form.get("slices", ()))
        return cls(**{**form, "since": datetime.fromisoformat(form["since"]), "slices": slices})


def place(feature: str, slice_: str) -> str:
    """The name of a feature in some rows: ``temp of carrier AA``, or ``temp`` in all."""
    return f"{feature} of {slice_}" if slice_ else feature


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a person took for the new normal.

    Attributes:
        by: Who.
        reason: Why, in their words.
        at: When; aware, UTC.
        since: Earlier windows are not compared with it.
        rows: How many rows it holds.
        summary: Their counts, in base64 as ``sluice.domain.drift.wire`` writes them.
        slices: Those of the slices, in base64 as ``sluice.domain.drift.slices_wire`` does; empty for none.
        compared: How many of the rows were compared with each other.
        copies: How many of these are equal to one before them.

    """

    by: str
    reason: str
    at: datetime
    since: datetime
    rows: int
    summary: str
    slices: str = ""
    compared: int = 0
    copies: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "at": self.at.isoformat(), "since": self.since.isoformat()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form, that of before there were slices or copies too. Raises TypeError or ValueError."""
        return cls(**{**form, **{name: datetime.fromisoformat(form[name]) for name in ("at", "since")}})


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of the drift of one version.

    Attributes:
        model: Name of the model.
        id: The version.
        slot: Where it was at the last look.
        looked_at: When that was; aware, UTC.
        verdict: Fail while anything drifts; inconclusive where nothing could be judged.
        reason: In words.
        rows: How many rows there were in the windows that were looked at.
        drifting: What drifts, the most first.
        accepted: What it is compared with instead of the training data, if a person said so.
        revision: Counts writes of the record.
        sequence: Counts lines of its audit.
        quality: What is known of how well it does; None before that was asked.

    """

    model: str
    id: str
    slot: str
    looked_at: datetime
    verdict: Verdict
    reason: str
    rows: int
    drifting: tuple[Drifting, ...] = ()
    accepted: Accepted | None = None
    revision: int = 0
    sequence: int = 0
    quality: KnownQuality | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            **{name: getattr(self, name) for name in ("model", "id", "slot", "reason", "rows", "revision", "sequence")},
            "looked_at": self.looked_at.isoformat(),
            "verdict": self.verdict.value,
            "drifting": [each.to_dict() for each in self.drifting],
            "accepted": self.accepted and self.accepted.to_dict(),
            "quality": self.quality and self.quality.to_dict(),
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        return cls(
            **{
                **form,
                "looked_at": datetime.fromisoformat(form["looked_at"]),
                "verdict": Verdict(form["verdict"]),
                "drifting": tuple(map(Drifting.from_dict, form["drifting"])),
                "accepted": None if form["accepted"] is None else Accepted.from_dict(form["accepted"]),
                "quality": KnownQuality.from_dict(form["quality"]) if form.get("quality") else None,
            }
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw.

    Attributes:
        verdict: Of all features together.
        reason: In words.
        rows: How many rows were looked at.
        drifted: What has drifted by this look, a feature once.
        passed: Where features were judged and found well, as ``place`` names it.
        watched: Where they are looked at; None where nobody could look.

    """

    verdict: Verdict
    reason: str
    rows: int
    drifted: tuple[Drifting, ...] = ()
    passed: frozenset[str] = frozenset()
    watched: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What a look changed.

    Attributes:
        watch: What is known now.
        begun: What is news: it drifts and did not before, or all rows show more than a slice did.
        ended: What drifted before and is well.
        unwatched: What drifted before and is no longer looked at.

    """

    watch: Watch
    begun: tuple[Drifting, ...]
    ended: tuple[str, ...]
    unwatched: tuple[str, ...] = ()


def look(before: Watch, seen: Seen, *, slot: str, now: datetime) -> News:
    """What is known after a look."""
    known = {each.feature: each for each in before.drifting}
    going_on = [
        replace(each, since=known[each.feature].since) if each.feature in known else each for each in seen.drifted
    ]
    found = {each.feature for each in seen.drifted}
    silent = [each for each in before.drifting if each.feature not in found]
    unwatched = [each for each in silent if not _watched(each, seen)]
    ended = [each for each in silent if each not in unwatched and _watched(each, seen) <= seen.passed]
    unknown = [each for each in silent if each not in unwatched and each not in ended]
    drifting = (*going_on, *unknown)
    watch = replace(
        before,
        slot=slot,
        looked_at=now,
        verdict=Verdict.FAIL if drifting else seen.verdict,
        reason=seen.reason,
        rows=seen.rows,
        drifting=drifting,
    )
    begun = tuple(each for each in seen.drifted if _is_news(each, known.get(each.feature)))
    return News(watch, begun, tuple(each.where for each in ended), tuple(each.where for each in unwatched))


def _watched(drifting: Drifting, seen: Seen) -> frozenset[str]:
    """Where it showed and is still looked at."""
    return drifting.places if seen.watched is None else drifting.places & seen.watched


def _is_news(drifting: Drifting, before: Drifting | None) -> bool:
    """Whether a person is to be told. All rows that show what a slice did, and no more of it, are none."""
    if before is None:
        return True
    has_spread = bool(before.slice) and not drifting.slice
    return has_spread and (drifting.change != before.change or drifting.effect >= before.effect)


def accept(before: Watch, accepted: Accepted) -> Watch:
    """What is known once a person has accepted the state: nothing drifts until it is looked at again."""
    return replace(
        before, accepted=accepted, drifting=(), verdict=Verdict.INCONCLUSIVE, reason="accepted; not judged yet"
    )

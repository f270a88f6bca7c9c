"""What is counted in a rollout? Requests and events of both variants, added up over each epoch of constant share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self


class EventKind(StrEnum):
    """What can go wrong with a request; at most once each a request."""

    ERRORS = "errors"  # no answer, or one with status 5xx; timeouts included
    SLOW = "slow"  # slower than Rules.slow_after(the p95 of the champion before the rollout)
    BREACHES = "breaches"  # an answer that broke a guardrail


@dataclass(frozen=True, slots=True)
class Tally:
    """One variant's requests and events.

    Attributes:
        requests: How many were answered, or should have been.
        events: How many of them were of a kind. A kind that is missing was not counted: that is not a zero.
            A tally without requests has none.

    """

    requests: int = 0
    events: Mapping[EventKind, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outside = {kind.value: count for kind, count in self.events.items() if not 0 <= count <= self.requests}
        if self.requests < 0 or outside:
            raise ValueError(f"events are 0 or more and at most the requests, got {outside} of {self.requests}")
        if not self.requests:
            object.__setattr__(self, "events", {})

    def __add__(self, other: Self) -> Self:
        """Both together; only what was counted in both remains counted."""
        if not self.requests or not other.requests:
            return self if self.requests else other
        both = [kind for kind in self.events if kind in other.events]
        return type(self)(
            self.requests + other.requests, {kind: self.events[kind] + other.events[kind] for kind in both}
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"requests": self.requests, "events": {kind.value: count for kind, count in self.events.items()}}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or ValueError."""
        return cls(int(form["requests"]), {EventKind(kind): int(count) for kind, count in form["events"].items()})


@dataclass(frozen=True, slots=True)
class Epoch:
    """A time in which the challenger was to get one share of the traffic that is compared.

    Attributes:
        share: The challenger's share, above 0 and below 1.
        challenger: What it did.
        champion: What the champion did meanwhile.

    """

    share: float
    challenger: Tally
    champion: Tally

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"two variants are compared while both get traffic: 0 < share < 1, got {self.share}")

    def __add__(self, other: Self) -> Self:
        """Both together. Raises ValueError where the shares differ: such epochs are never pooled."""
        if self.share != other.share:
            raise ValueError(f"epochs of different shares are not pooled, got {self.share} and {other.share}")
        return type(self)(self.share, self.challenger + other.challenger, self.champion + other.champion)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "share": self.share,
            "challenger": self.challenger.to_dict(),
            "champion": self.champion.to_dict(),
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or ValueError."""
        return cls(
            share=float(form["share"]),
            challenger=Tally.from_dict(form["challenger"]),
            champion=Tally.from_dict(form["champion"]),
        )


def merged(epochs: Iterable[Epoch]) -> list[Epoch]:
    """Epochs of equal share added up, by growing share."""
    by_share: dict[float, Epoch] = {}
    for epoch in epochs:
        by_share[epoch.share] = by_share[epoch.share] + epoch if epoch.share in by_share else epoch
    return [by_share[share] for share in sorted(by_share)]


class Split(NamedTuple):
    """One stratum of one kind of event: the unit of comparison. Expected counts need not be whole."""

    challenger_requests: float
    challenger_events: float
    champion_requests: float
    champion_events: float


def splits(epochs: Iterable[Epoch], kind: EventKind) -> list[Split]:
    """One split for each share at which a kind was counted in both variants, or in the one that had requests."""
    return [
        Split(
            epoch.challenger.requests,
            epoch.challenger.events.get(kind, 0),
            epoch.champion.requests,
            epoch.champion.events.get(kind, 0),
        )
        for epoch in merged(epochs)
        if any(tally.requests for tally in (epoch.challenger, epoch.champion))
        and all(kind in tally.events for tally in (epoch.challenger, epoch.champion) if tally.requests)
    ]

"""How long will it take to decide? Shown before a rollout starts, as low traffic is bound by information.

The evidence that counts would give if they came exactly as expected is followed along the plan until it reaches its
boundary. That is about the mean time of many rollouts: half of them decide earlier, some take twice as long.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sluice.domain.evidence.counts import EventKind, Split
from sluice.domain.evidence.judgement import log_evidence
from sluice.domain.evidence.rules import Rules

WORSE = 2.0  # times the champion's rate: the version that is to be caught
MOST_MINUTES = 30 * 24 * 60.0  # beyond which nobody waits
_PRECISION = 0.01


class Step(NamedTuple):
    """So many minutes at one share of the challenger; the last step of a plan lasts until the decision."""

    minutes: float
    share: float


@dataclass(frozen=True, slots=True)
class KindHorizon:
    """What is to be expected of one kind of events.

    Attributes:
        kind: The kind.
        base_rate: The champion's rate.
        minutes_to_promote: Until a version equal to the champion passes; None beyond 30 days.
        minutes_to_roll_back: Until one twice as bad fails; None beyond 30 days, or if the rules never roll it back.
        events_to_roll_back: Events of both variants up to then; 0 if there is no such time.
        is_below_floor: Whether one twice as bad would still be good enough.

    """

    kind: EventKind
    base_rate: float
    minutes_to_promote: float | None
    minutes_to_roll_back: float | None
    events_to_roll_back: float
    is_below_floor: bool

    def __str__(self) -> str:
        return (
            f"{self.kind.value} at {self.base_rate:.3%}: an equal version passes after "
            f"{_about(self.minutes_to_promote)}; one {WORSE:g} times worse {self._caught()}"
        )

    def _caught(self) -> str:
        if self.minutes_to_roll_back is not None:
            return f"is rolled back after {_about(self.minutes_to_roll_back)}, {self.events_to_roll_back:,.0f} events"
        if self.is_below_floor:
            return "is below the floor and would not be rolled back"
        return "would not be rolled back within 30 days"


@dataclass(frozen=True, slots=True)
class Horizon:
    """What is to be expected of a rollout.

    Attributes:
        kinds: One for each kind of events that is judged.

    """

    kinds: tuple[KindHorizon, ...]

    @property
    def minutes_to_promote(self) -> float | None:
        """Until an equal version has passed in every kind; None beyond 30 days."""
        minutes = [kind.minutes_to_promote for kind in self.kinds]
        return max((each for each in minutes if each is not None), default=None) if None not in minutes else None

    def __str__(self) -> str:
        return "\n".join(map(str, self.kinds))


def expected(
    rules: Rules, plan: Sequence[Step], *, requests_per_minute: float, base_rates: Mapping[EventKind, float]
) -> Horizon:
    """The time to decide, for a champion that has these rates and is sent what the challenger is not.

    A kind without a base rate is taken to have no events. Raises ValueError for a plan or traffic with nothing to
    compare.
    """
    if not plan or requests_per_minute <= 0 or not all(0 < step.share < 1 for step in plan):
        raise ValueError(f"nothing to compare in {plan} at {requests_per_minute} requests a minute")
    return Horizon(
        tuple(
            _of_kind(
                rules, kind, base_rates.get(kind, 0.0), lambda minutes: _requests(plan, minutes, requests_per_minute)
            )
            for kind in rules.floor_rates
        )
    )


# Requests of challenger and champion, stratum by stratum, up to a minute.
Traffic = Callable[[float], list[tuple[float, float]]]


def _of_kind(rules: Rules, kind: EventKind, base_rate: float, traffic: Traffic) -> KindHorizon:
    worse_rate = min(WORSE * base_rate, 1.0)

    def has_passed(minutes: float) -> bool:
        strata = _expected_splits(traffic(minutes), base_rate, base_rate)
        enough = min(sum(column) for column in zip(*traffic(minutes), strict=True)) >= rules.min_requests
        return (
            enough
            and minutes >= rules.min_minutes
            and log_evidence(rules, kind, strata).promote >= rules.promote_boundary
        )

    def has_failed(minutes: float) -> bool:
        strata = _expected_splits(traffic(minutes), worse_rate, base_rate)
        events = sum(split.challenger_events for split in strata)
        return events >= rules.min_events and log_evidence(rules, kind, strata).harm >= rules.harm_boundary

    caught = _first(has_failed)
    seen = _expected_splits(traffic(caught), worse_rate, base_rate) if caught is not None else []
    return KindHorizon(
        kind,
        base_rate,
        minutes_to_promote=_first(has_passed),
        minutes_to_roll_back=caught,
        events_to_roll_back=sum(split.challenger_events + split.champion_events for split in seen),
        is_below_floor=worse_rate <= rules.floor_rates[kind],
    )


def _requests(plan: Sequence[Step], minutes: float, requests_per_minute: float) -> list[tuple[float, float]]:
    """Requests of challenger and champion at each step, up to a minute."""
    requests, left = [], minutes
    for number, step in enumerate(plan, 1):
        spent = left if number == len(plan) else min(step.minutes, left)
        requests.append((requests_per_minute * spent * step.share, requests_per_minute * spent * (1 - step.share)))
        left -= spent
    return requests


def _expected_splits(traffic: list[tuple[float, float]], challenger_rate: float, champion_rate: float) -> list[Split]:
    return [
        Split(challenger, challenger * challenger_rate, champion, champion * champion_rate)
        for challenger, champion in traffic
    ]


def _first(is_decided: Callable[[float], bool]) -> float | None:
    """The first minute that decides, to one percent; evidence grows with time once it grows."""
    late = 1.0
    while not is_decided(late):
        late *= 2
        if late > MOST_MINUTES:
            return None
    early = 0.0
    while late - early > _PRECISION * late:
        middle = (early + late) / 2
        early, late = (early, middle) if is_decided(middle) else (middle, late)
    return late


def _about(minutes: float | None) -> str:
    """A time as people say it.

    >>> _about(0.3), _about(24.0), _about(400.0), _about(None)
    ('a minute', '24 minutes', '7 hours', 'more than 30 days')
    """
    if minutes is None:
        return "more than 30 days"
    if minutes < 90:  # noqa: PLR2004
        return f"{minutes:.0f} minutes" if minutes >= 1.5 else "a minute"  # noqa: PLR2004
    return f"{minutes / 60:.0f} hours" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"

"""Which rewards count: what is one, when is it ripe, and how often does a unit count?

A reward belongs to a prediction, and so to the variant that answered it: nothing is assigned anew when feedback comes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Self

from sluice.domain.errors import InvalidReward
from sluice.domain.experiment.goal import Goal, GoalKind


@dataclass(frozen=True, slots=True)
class Reward:
    """What one prediction earned, or how wrong it was.

    Attributes:
        value: 0 or 1 of a binary goal, else any finite number from minus ``cap`` to ``cap``.
        kind: What its goal's rewards look like.
        cap: Largest absolute value.

    """

    value: float
    kind: GoalKind
    cap: float = 1.0

    def __post_init__(self) -> None:
        if not isfinite(self.value):
            raise InvalidReward(f"a reward is a finite number, got {self.value}")
        if self.kind is GoalKind.BINARY and self.value not in {0, 1}:
            raise InvalidReward(f"a reward of a binary goal is 0 or 1, got {self.value:g}")
        if abs(self.value) > self.cap:
            raise InvalidReward(f"a reward of this goal is from {-self.cap:g} to {self.cap:g}, got {self.value:g}")

    @classmethod
    def of(cls, goal: Goal, value: float) -> Self:
        """A reward towards a goal. Raises InvalidReward."""
        return cls(float(value), goal.kind, goal.cap)


@dataclass(frozen=True, slots=True)
class Exposure:
    """A prediction that was really made, and what became of it.

    Attributes:
        prediction_id: As the answer carried it.
        unit: Assignment unit.
        variant: Which variant answered.
        weights: Whole percents by variant at that moment; the variant's own is its propensity.
        at: When; aware, UTC.
        reward: What feedback said about it, if any came.
        covariate: A value of the unit known before the experiment, if there is one.

    """

    prediction_id: str
    unit: str
    variant: str
    weights: Mapping[str, int]
    at: datetime
    reward: Reward | None = None
    covariate: float | None = None


def is_mature(at: datetime, *, window: timedelta, now: datetime) -> bool:
    """Whether a prediction made ``at`` is older than the maturation window, so that silence about it means something.

    Rewards of younger predictions wait: those that come quickly are not those that come slowly, and a variant that has
    just got more traffic would look worse than it is.
    """
    return now - at > window


def deduplication_key(exposure: Exposure, *, since: datetime, window: timedelta | None) -> tuple[int, str]:
    """Window number and unit: predictions with equal keys count once. Without a window a unit counts once for ever.

    Store rewards under it, on condition that there is none yet, and replays, double clicks and eager units change
    nothing.
    """
    return (0 if window is None else (exposure.at - since) // window, exposure.unit)


def one_per_unit(
    exposures: Iterable[Exposure], *, since: datetime, window: timedelta | None
) -> dict[tuple[int, str], list[Exposure]]:
    """What stands for each unit in each window: its predictions by the variant that answered it first, in time order.

    Under changing weights a unit may meet a second variant in the window: that one neither gets nor loses by it. The
    order in which exposures are given, and whether some are given twice, does not matter.
    """
    kept: dict[tuple[int, str], list[Exposure]] = {}
    by_id = {exposure.prediction_id: exposure for exposure in exposures}
    for exposure in sorted(by_id.values(), key=lambda one: (one.at, one.prediction_id)):
        group = kept.setdefault(deduplication_key(exposure, since=since, window=window), [])
        if not group or exposure.variant == group[0].variant:
            group.append(exposure)
    return kept


def outcome_of(group: Iterable[Exposure], goal: Goal, *, maturation: timedelta, now: datetime) -> float | None:
    """What a unit's predictions, in time order, count as: the first reward among the mature ones, else silence.

    None when none is mature, or when silence says nothing about this goal.
    """
    mature = [exposure for exposure in group if is_mature(exposure.at, window=maturation, now=now)]
    rewards = [exposure.reward.value for exposure in mature if exposure.reward is not None]
    if rewards:
        return rewards[0]
    return 0.0 if mature and goal.silence_is_zero else None

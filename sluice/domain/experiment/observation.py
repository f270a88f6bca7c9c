"""What has been seen of each variant? Units and outcomes, kept apart by the weights they were assigned under.

While weights change, so may the people who come: a bandit that grows a variant during the good hours would make it look
good. Compared are therefore units of the same weights only (see ``effect``), and never the totals (Simpson's paradox).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Self

from sluice.domain.assignment import assign
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.reward import Exposure, one_per_unit, outcome_of


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant at one setting of the weights.

    Attributes:
        units: Different units that were first seen there, or predictions where only those are counted; whether they
            have an outcome yet does not matter.
        outcomes: What counts, one outcome a unit.

    """

    units: int = 0
    outcomes: Sums = field(default_factory=Sums)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.units + other.units, self.outcomes + other.outcomes)


@dataclass(frozen=True, slots=True)
class Stratum:
    """All variants at one setting of the weights.

    Attributes:
        weights: Whole percents by variant.
        arms: What was seen, by variant.
        by_unit: Whether different units were counted; predictions of one sticky unit come in clusters.

    """

    weights: Mapping[str, int]
    arms: Mapping[str, Arm]
    by_unit: bool = True

    def arm(self, variant: str) -> Arm:
        """What was seen of a variant."""
        return self.arms.get(variant, Arm())

    def __add__(self, other: Self) -> Self:
        variants = [*self.arms, *(variant for variant in other.arms if variant not in self.arms)]
        arms = {variant: self.arm(variant) + other.arm(variant) for variant in variants}
        return type(self)(self.weights, arms, by_unit=self.by_unit and other.by_unit)


@dataclass(frozen=True, slots=True)
class Observation:
    """All that was seen: one stratum for each setting of the weights. Merges by addition."""

    strata: tuple[Stratum, ...] = ()

    def __add__(self, other: Self) -> Self:
        return type(self)(_merged((*self.strata, *other.strata)))

    def arm(self, variant: str) -> Arm:
        """A variant's units and outcomes at all weights together: to show, not to compare."""
        return reduce(Arm.__add__, (stratum.arm(variant) for stratum in self.strata), Arm())

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "strata": [
                {
                    "weights": dict(stratum.weights),
                    "arms": {
                        variant: {"units": arm.units, "outcomes": arm.outcomes.to_dict()}
                        for variant, arm in stratum.arms.items()
                    },
                    "by_unit": stratum.by_unit,
                }
                for stratum in self.strata
            ]
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or ValueError."""
        return cls(
            tuple(
                Stratum(
                    {variant: int(weight) for variant, weight in stratum["weights"].items()},
                    {
                        variant: Arm(int(arm["units"]), Sums.from_dict(arm["outcomes"]))
                        for variant, arm in stratum["arms"].items()
                    },
                    by_unit=bool(stratum["by_unit"]),
                )
                for stratum in form["strata"]
            )
        )


def observe(experiment: Experiment, exposures: Iterable[Exposure], *, now: datetime) -> Observation:
    """What predictions of a running experiment add up to by now. Raises ValueError before it has started.

    Left out are predictions of before the start, and those of another variant than their unit was assigned: somebody
    asked for that one, or the assigned one failed. Where many fail, the split of the units gives it away.
    """
    if experiment.started_at is None:
        raise ValueError(f"experiment {experiment.id} has not started: there is nothing to observe")
    since, window = experiment.started_at, experiment.unit_window_minutes
    taken = (each for each in exposures if each.at >= since and _is_drawn(experiment, each))
    groups = one_per_unit(taken, since=since, window=None if window is None else timedelta(minutes=window))
    met: set[str] = set()
    seen = []
    for (_, unit), group in groups.items():
        seen.append(_seen(experiment, group, is_new=unit not in met, now=now))
        met.add(unit)
    return Observation(_merged(seen))


def _is_drawn(experiment: Experiment, exposure: Exposure) -> bool:
    """Whether chance alone chose the variant that answered."""
    drawn = assign(exposure.unit, experiment.salt, exposure.weights)
    return exposure.variant == drawn and drawn in experiment.variants


def _seen(experiment: Experiment, group: list[Exposure], *, is_new: bool, now: datetime) -> Stratum:
    """What one unit adds: to the units when it is met for the first time, to the outcomes when it has one."""
    first = group[0]
    maturation = timedelta(minutes=experiment.maturation_minutes)
    outcome = outcome_of(group, experiment.goal, maturation=maturation, now=now)
    covariate = first.covariate if experiment.covariate and first.covariate is not None else 0.0
    sums = Sums() if outcome is None else Sums.of(outcome, covariate)
    return Stratum(first.weights, {first.variant: Arm(int(is_new), sums)})


def _merged(strata: Iterable[Stratum]) -> tuple[Stratum, ...]:
    """One stratum for each setting of the weights, in the order of their first appearance."""
    merged: dict[frozenset[tuple[str, int]], Stratum] = {}
    for stratum in strata:
        key = frozenset(stratum.weights.items())
        merged[key] = merged[key] + stratum if key in merged else stratum
    return tuple(merged.values())

"""How should a bandit share the next batch of traffic? By each variant's chance of being the best (Thompson 1933).

Weights are set once a batch, every few minutes, on mature rewards only, so serving reads nothing and a slow reward is
no failure. Chapelle and Li, "An Empirical Evaluation of Thompson Sampling", NIPS 2011, show that batches and delays
cost it little. A floor keeps every propensity (a variant's weight / 100) above 0: a variant can recover, and the log
can judge another policy (see ``off_policy``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from random import Random
from typing import Any, Self

from sluice.domain.errors import InvalidReward
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.goal import Goal, GoalKind

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Belief:
    """What is known of one variant's rewards: sums, discounted or not, so that numbers are not whole.

    Attributes:
        n: Mature outcomes, silence counted as the goal counts it.
        total: Sum of their rewards.
        total_sq: Sum of the squares.

    """

    n: float = 0.0
    total: float = 0.0
    total_sq: float = 0.0

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.n, self.total, self.total_sq))) or self.n < 0 or self.total_sq < 0:
            raise InvalidReward(f"rewards add up to finite numbers, counts to 0 or more, got {self}")

    @classmethod
    def of(cls, outcomes: Sums) -> Self:
        """What a batch's mature outcomes tell."""
        return cls(outcomes.n, outcomes.y, outcomes.yy)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.n + other.n, self.total + other.total, self.total_sq + other.total_sq)

    def discounted(self, factor: float) -> Self:
        """The same, worth less."""
        return type(self)(self.n * factor, self.total * factor, self.total_sq * factor)

    @property
    def mean(self) -> float:
        """Mean reward; 0 without outcomes."""
        return self.total / self.n if self.n else 0.0

    @property
    def spread(self) -> float:
        """Sum of squared deviations from the mean; never negative, whatever the sums say."""
        return max(0.0, self.total_sq - self.total**2 / self.n) if self.n else 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"n": self.n, "total": self.total, "total_sq": self.total_sq}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, ValueError or InvalidReward."""
        return cls(float(form["n"]), float(form["total"]), float(form["total_sq"]))


@dataclass(frozen=True, slots=True)
class Shares:
    """How the next batch is shared.

    Attributes:
        weights: Whole percents by slot, in the order the slots were given; they sum to 100.
        chances: Each slot's chance of being the best, 0 to 1.
        findings: What was wrong with the rewards and was put right; empty when nothing was.

    """

    weights: Mapping[str, int]
    chances: Mapping[str, float]
    findings: tuple[str, ...] = ()

    @property
    def propensities(self) -> dict[str, float]:
        """The probability with which each slot answers; log it with every answer."""
        return {slot: weight / 100 for slot, weight in self.weights.items()}


def after_batch(beliefs: Mapping[str, Belief], batch: Mapping[str, Belief], *, discount: float) -> dict[str, Belief]:
    """Beliefs when another batch is in: what was known before is worth ``discount`` of what it was."""
    slots = [*beliefs, *(slot for slot in batch if slot not in beliefs)]
    return {slot: beliefs.get(slot, Belief()).discounted(discount) + batch.get(slot, Belief()) for slot in slots}


def share(
    slots: Sequence[str],
    beliefs: Mapping[str, Belief],
    *,
    goal: Goal,
    floor_percent: int,
    rng: Random,
    draws: int = DRAWS,
) -> Shares:
    """Weights of the next batch from ``draws`` draws; rewards that cannot be are put right, and a finding says so."""
    if not 0 <= floor_percent * len(slots) <= 100:  # noqa: PLR2004  percents
        raise ValueError(f"{len(slots)} variants cannot have {floor_percent} % each")
    known = [beliefs.get(slot, Belief()) for slot in slots]
    findings = []
    if goal.kind is GoalKind.BINARY:
        findings = [_nonsense(slot, belief) for slot, belief in zip(slots, known, strict=True) if _is_nonsense(belief)]
    chances = _chances(known, goal, rng, draws)
    weights = _whole_percents(chances, floor_percent)
    return Shares(dict(zip(slots, weights, strict=True)), dict(zip(slots, chances, strict=True)), tuple(findings))


def _is_nonsense(belief: Belief) -> bool:
    return not 0 <= belief.total <= belief.n * (1 + 1e-9)


def _nonsense(slot: str, belief: Belief) -> str:
    return (
        f"{slot} has {belief.total:g} rewards of {belief.n:g} mature predictions: "
        f"counted as {_successes(belief):g}; look for rewards that were counted twice"
    )


def _successes(belief: Belief) -> float:
    return min(max(belief.total, 0.0), belief.n)


def _chances(known: Sequence[Belief], goal: Goal, rng: Random, draws: int) -> list[float]:
    """Share of the draws in which each variant comes out best; those that tie share a draw."""
    draw = _binary_draws if goal.kind is GoalKind.BINARY else _mean_draws
    sampled = zip(*draw(known, rng, draws), strict=True)
    wins = [0.0] * len(known)
    for values in sampled:
        best = max(values) if goal.higher_is_better else min(values)
        winners = [index for index, value in enumerate(values) if value == best]
        for index in winners:
            wins[index] += 1 / len(winners)
    return [win / draws for win in wins]


def _binary_draws(known: Sequence[Belief], rng: Random, draws: int) -> list[list[float]]:
    """Rates, from the Beta posterior of a flat prior."""
    shapes = [(1 + _successes(belief), 1 + belief.n - _successes(belief)) for belief in known]
    return [[rng.betavariate(*shape) for _ in range(draws)] for shape in shapes]


def _mean_draws(known: Sequence[Belief], rng: Random, draws: int) -> list[list[float]]:
    """Means, from a Normal posterior whose prior is one reward like all the others.

    So a variant of which nothing is known may be anything that rewards have been, and none is certain after one.
    """
    everything = sum(known, Belief())
    mean = everything.total / everything.n if everything.n else 0.0
    variance = everything.spread / everything.n if everything.n else 0.0
    posteriors = []
    for belief in known:
        own = (belief.spread + variance) / (belief.n + 1)
        posteriors.append(((belief.total + mean) / (belief.n + 1), sqrt(own / (belief.n + 1))))
    return [[rng.gauss(*posterior) for _ in range(draws)] for posterior in posteriors]


def _whole_percents(chances: Iterable[float], floor_percent: int) -> list[int]:
    """A floor for each and the rest by chance, by largest remainder, so that they sum to 100."""
    chances = list(chances)
    rest = 100 - floor_percent * len(chances)
    exact = [chance * rest for chance in chances]
    weights = [floor_percent + int(part) for part in exact]
    by_remainder = sorted(range(len(chances)), key=lambda index: int(exact[index]) - exact[index])
    for index in by_remainder[: 100 - sum(weights)]:
        weights[index] += 1
    return weights

"""What would another policy have earned? Estimated from a log that kept the probability of every answer.

A policy here says which variant answers whom. Inverse propensity scoring weighs each logged reward by
``chance under the candidate / chance when it was logged`` (Horvitz and Thompson 1952); the self-normalised form divides
by the sum of the weights instead of their number (Swaminathan and Joachims, NIPS 2015); the doubly robust form adds the
weighted error of a reward model to what the model expects of the candidate (Dudík, Langford and Li, ICML 2011), and is
right if either the propensities or the model are. All are made of sums, which merge by addition.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import NormalDist
from typing import Self

from sluice.domain.errors import PropensityMissing
from sluice.domain.experiment.cuped import Sums

FEW = 100  # effective answers below which the Normal interval is not to be relied on


@dataclass(frozen=True, slots=True)
class Modelled:
    """What a reward model, fitted on other data, expects in one logged answer's situation.

    Attributes:
        logged: Of the variant that answered.
        candidate: Of the candidate policy: over the variants, by its chances.

    """

    logged: float
    candidate: float


@dataclass(frozen=True, slots=True)
class Logged:
    """One logged answer.

    Attributes:
        prediction_id: To name it when it cannot be used.
        propensity: Probability with which its variant answered, when it did; above 0 and at most 1.
        reward: What it earned.
        match: Probability with which the candidate would have chosen that variant: 1 or 0 unless it, too, draws.
        modelled: What a reward model expects, if there is one.

    """

    prediction_id: str
    propensity: float | None
    reward: float
    match: float
    modelled: Modelled | None = None

    def __post_init__(self) -> None:
        if self.propensity is None or not 0 < self.propensity <= 1:
            raise PropensityMissing(
                f"prediction {self.prediction_id} was logged with propensity {self.propensity}: without the "
                f"probability of its variant, above 0 and at most 1, nothing can be said about another policy"
            )
        if not 0 <= self.match <= 1 or not isfinite(self.reward):
            raise ValueError(f"match is a probability and a reward is finite, got {self.match} and {self.reward}")


@dataclass(frozen=True, slots=True)
class LogSums:
    """Sums over logged answers; w is the importance weight, r the reward, d the doubly robust term.

    Attributes:
        n: Answers.
        w: Sum of weights.
        ww: Sum of squared weights.
        wr: Sum of w r.
        wwr: Sum of w² r.
        wwrr: Sum of (w r)².
        clipped: Answers whose weight was cut.
        modelled: Answers with a reward model's word.
        d: Sum of d.
        dd: Sum of d².

    """

    n: int = 0
    w: float = 0.0
    ww: float = 0.0
    wr: float = 0.0
    wwr: float = 0.0
    wwrr: float = 0.0
    clipped: int = 0
    modelled: int = 0
    d: float = 0.0
    dd: float = 0.0

    @classmethod
    def of(cls, answer: Logged, *, clip: float = inf) -> Self:
        """One answer, its weight cut at ``clip``: less noise, for a bias towards what was logged."""
        full = answer.match / (answer.propensity or inf)
        w, r = min(full, clip), answer.reward
        model = answer.modelled
        d = 0.0 if model is None else model.candidate + w * (r - model.logged)
        return cls(1, w, w * w, w * r, w * w * r, (w * r) ** 2, int(full > clip), int(model is not None), d, d * d)

    @classmethod
    def alike(cls, rewards: Sums, *, weight: float, modelled: Modelled | None = None) -> Self:
        """Answers that all have one weight, which is not cut, and one model's word."""
        n, r, rr, w = rewards.n, rewards.y, rewards.yy, weight
        known = (n, w * n, w * w * n, w * r, w * w * r, w * w * rr)
        if modelled is None:
            return cls(*known)
        wrong = r - modelled.logged * n
        wrong_sq = rr - 2 * modelled.logged * r + modelled.logged**2 * n
        d = modelled.candidate * n + w * wrong
        dd = modelled.candidate**2 * n + 2 * modelled.candidate * w * wrong + w * w * wrong_sq
        return cls(*known, modelled=n, d=d, dd=dd)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.n + other.n,
            self.w + other.w,
            self.ww + other.ww,
            self.wr + other.wr,
            self.wwr + other.wwr,
            self.wwrr + other.wwrr,
            self.clipped + other.clipped,
            self.modelled + other.modelled,
            self.d + other.d,
            self.dd + other.dd,
        )

    @property
    def effective(self) -> float:
        """Effective sample size, (sum of weights)² / sum of squared weights: as many answers of the candidate's own."""
        return self.w**2 / self.ww if self.ww else 0.0


@dataclass(frozen=True, slots=True)
class Value:
    """An estimate of the mean reward.

    Attributes:
        estimate: In the reward's units.
        standard_error: Of the estimate.
        low: Lower end of the interval.
        high: Upper end.

    """

    estimate: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """What a candidate policy would have earned.

    Attributes:
        ips: Inverse propensity score: unbiased, noisy.
        self_normalised: Slightly biased, less noisy, and never outside the rewards that were seen.
        doubly_robust: With a reward model; None unless every answer has its word.
        answers: Logged answers.
        effective: Effective sample size.
        findings: Reasons for doubt; empty when there are none.

    """

    ips: Value
    self_normalised: Value
    doubly_robust: Value | None
    answers: int
    effective: float
    findings: tuple[str, ...]


def estimate(sums: LogSums, *, alpha: float = 0.05) -> OffPolicy:
    """Estimates with intervals that miss with probability alpha, at one look.

    Raises PropensityMissing when the log says nothing about the candidate.
    """
    if sums.w <= 0:
        raise PropensityMissing(
            f"none of {sums.n} logged answers is one the candidate would have given: its propensity was 0, "
            f"and no log of this kind can say what it would have earned"
        )
    n, z = sums.n, NormalDist().inv_cdf(1 - alpha / 2)
    normalised = sums.wr / sums.w
    squares = max(0.0, sums.wwrr - 2 * normalised * sums.wwr + normalised**2 * sums.ww)
    return OffPolicy(
        ips=_mean(n, sums.wr, sums.wwrr, z),
        self_normalised=_value(normalised, sqrt(squares) / sums.w, z),
        doubly_robust=_mean(n, sums.d, sums.dd, z) if sums.modelled == n else None,
        answers=n,
        effective=sums.effective,
        findings=tuple(_findings(sums)),
    )


def _mean(n: int, total: float, squares: float, z: float) -> Value:
    if n < 2:  # noqa: PLR2004
        return Value(total / n, inf, -inf, inf)
    variance = max(0.0, squares - total**2 / n) / (n - 1)
    return _value(total / n, sqrt(variance / n), z)


def _value(mean: float, error: float, z: float) -> Value:
    return Value(mean, error, mean - z * error, mean + z * error)


def _findings(sums: LogSums) -> Iterable[str]:
    if sums.effective < FEW:
        yield f"only {sums.effective:.0f} effective answers of {sums.n}: fewer than {FEW}, the interval is too narrow"
    if sums.clipped:
        yield f"{sums.clipped} of {sums.n} weights were cut: the estimate leans towards what was logged"
    weight = _mean(sums.n, sums.w, sums.ww, 4.0)
    if not sums.clipped and not weight.low <= 1 <= weight.high:
        yield (
            f"the weights average {weight.estimate:.3f} and should average 1: the propensities are not those the "
            f"answers were given with, or the candidate chooses where the log never did"
        )

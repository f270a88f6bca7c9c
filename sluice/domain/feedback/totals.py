"""What do the rewards of some predictions add up to? Mergeable sums, all that statistics need."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sums over the rewards that came with a covariate, for CUPED.

    Source: Deng, Xu, Kohavi, Walker, "Improving the Sensitivity of Online Controlled Experiments by Utilizing
    Pre-Experiment Data", WSDM 2013: theta = cov(reward, covariate) / var(covariate).

    Attributes:
        n: How many.
        total: Sum of the rewards.
        total_sq: Sum of their squares.
        covariate: Sum of the covariates.
        covariate_sq: Sum of their squares.
        cross: Sum of reward times covariate.

    """

    n: int = 0
    total: float = 0.0
    total_sq: float = 0.0
    covariate: float = 0.0
    covariate_sq: float = 0.0
    cross: float = 0.0

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Pairs)))


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over predictions and their rewards.

    >>> Totals(exposures=3, n=1, total=0.5, total_sq=0.25) + Totals(exposures=2, n=1, total=1.0, total_sq=1.0)
    Totals(exposures=5, n=2, total=1.5, total_sq=1.25, pairs=Pairs(n=0, total=0.0, ...

    Attributes:
        exposures: Predictions that were answered.
        n: How many of them got a reward that counts.
        total: Sum of those rewards.
        total_sq: Sum of their squares.
        pairs: The same, and more, of the rewards that came with a covariate.

    """

    exposures: int = 0
    n: int = 0
    total: float = 0.0
    total_sq: float = 0.0
    pairs: Pairs = Pairs()

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Totals)))

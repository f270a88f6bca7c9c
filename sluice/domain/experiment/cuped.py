"""How much of an outcome was known before the experiment began? CUPED takes that part of the noise away.

Deng, Xu, Kohavi and Walker, "Improving the Sensitivity of Online Controlled Experiments by Utilizing Pre-Experiment
Data", WSDM 2013. With the covariate X of before, Y - theta (X - E X) has the same mean as Y and a variance smaller by
the squared correlation; one theta for all variants, from the spread within them, keeps the comparison unbiased. A unit
without a covariate has 0 there: any fixed rule known before the experiment will do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

_CONSTANT = 1e-12  # a spread this small beside its square is rounding


@dataclass(frozen=True, slots=True)
class Sums:
    """Outcomes y and covariates x of one variant: sums, which merge by addition.

    Attributes:
        n: Outcomes.
        y: Their sum.
        yy: Sum of their squares.
        x: Sum of the covariates.
        xx: Sum of their squares.
        xy: Sum of the products of outcome and covariate.

    """

    n: int = 0
    y: float = 0.0
    yy: float = 0.0
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    @classmethod
    def of(cls, outcome: float, covariate: float = 0.0) -> Self:
        """One outcome."""
        return cls(1, outcome, outcome**2, covariate, covariate**2, outcome * covariate)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.n + other.n,
            self.y + other.y,
            self.yy + other.yy,
            self.x + other.x,
            self.xx + other.xx,
            self.xy + other.xy,
        )

    @property
    def mean(self) -> float:
        """Mean outcome; 0 without outcomes."""
        return self.y / self.n if self.n else 0.0

    @property
    def spread(self) -> float:
        """Sum of squared deviations of the outcomes from their mean."""
        return _spread(self.n, self.y, self.yy)

    @property
    def covariate_spread(self) -> float:
        """Sum of squared deviations of the covariates from their mean."""
        return _spread(self.n, self.x, self.xx)

    @property
    def joint_spread(self) -> float:
        """Sum of products of both deviations."""
        return self.xy - self.x * self.y / self.n if self.n else 0.0

    def adjusted_mean(self, theta: float) -> float:
        """Mean of y - theta x: means of two variants differ by what they would without theta, but for noise."""
        return self.mean - theta * (self.x / self.n if self.n else 0.0)

    def adjusted_spread(self, theta: float) -> float:
        """Sum of squared deviations of y - theta x."""
        return max(0.0, self.spread - 2 * theta * self.joint_spread + theta**2 * self.covariate_spread)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {name: getattr(self, name) for name in ("n", "y", "yy", "x", "xx", "xy")}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or ValueError."""
        return cls(int(form["n"]), *(float(form[name]) for name in ("y", "yy", "x", "xx", "xy")))


def pooled_theta(variants: Iterable[Sums]) -> float:
    """The slope of outcome on covariate within variants; 0 where the covariate is constant, and all is as without it.

    >>> pooled_theta([Sums.of(2, 1) + Sums.of(4, 2), Sums.of(7, 1) + Sums.of(9, 2)])
    2.0
    """
    joint, covariate = 0.0, 0.0
    for sums in variants:
        joint += sums.joint_spread
        covariate += sums.covariate_spread
    return joint / covariate if covariate > 0 else 0.0


def variance_reduction(variants: Iterable[Sums]) -> float:
    """Share of the outcome's variance within variants that the covariate takes away, 0 to 1."""
    variants = list(variants)
    theta = pooled_theta(variants)
    before = sum(sums.spread for sums in variants)
    after = sum(sums.adjusted_spread(theta) for sums in variants)
    return max(0.0, 1 - after / before) if before > 0 else 0.0


def _spread(n: int, total: float, total_of_squares: float) -> float:
    if n == 0:
        return 0.0
    spread = total_of_squares - total * total / n
    return spread if spread > _CONSTANT * total_of_squares else 0.0

"""How much do the means of two variants differ? An interval that holds at all looks together.

For what is no rare event: revenue, an absolute error, common conversions. The asymptotic confidence sequence of
Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, Time-uniform central limit theory and asymptotic confidence sequences,
Annals of Statistics 2024 (arXiv 2103.06476): theorem for two sides and its one-sided form, with the variance of the
difference estimated from both variants. Asymptotic: it promises nothing about the first observations, so none is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf, log, sqrt
from typing import Any, Self

LEAST_OBSERVATIONS = 100  # of each variant, before the normal approximation is believed
TUNED_FOR = 5000  # observations at which the interval is tightest; it is valid at all others, too


@dataclass(frozen=True, slots=True)
class Moments:
    """A mergeable summary of observations.

    Attributes:
        n: How many.
        total: Their sum.
        total_sq: The sum of their squares.

    """

    n: int = 0
    total: float = 0.0
    total_sq: float = 0.0

    def __post_init__(self) -> None:
        if self.n < 0 or self.total_sq < 0 or (not self.n and (self.total or self.total_sq)):
            raise ValueError(f"no summary of observations: {self}")

    def __add__(self, other: Self) -> Self:
        return type(self)(self.n + other.n, self.total + other.total, self.total_sq + other.total_sq)

    @property
    def mean(self) -> float:
        """Of at least one observation."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Of the observations about their mean; at least one."""
        return max(0.0, self.total_sq / self.n - self.mean**2)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"n": self.n, "total": self.total, "total_sq": self.total_sq}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or ValueError."""
        return cls(int(form["n"]), float(form["total"]), float(form["total_sq"]))


class Bounds(StrEnum):
    """Which ends of the interval are of interest; the other end is infinite."""

    BOTH = "both"
    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and where the truth is at all looks together but for a chance of alpha."""

    estimate: float
    low: float
    high: float


def difference(
    treatment: Moments, control: Moments, *, alpha: float, bounds: Bounds = Bounds.BOTH, tuned_for: float = TUNED_FOR
) -> Interval | None:
    """Mean of the treatment less the mean of the control; None while too little is known.

    That is with fewer than 100 observations of one of them, or as long as all of one's observations were equal: a
    variance of nothing would make the interval a point.
    """
    if min(treatment.n, control.n) < LEAST_OBSERVATIONS or not (treatment.variance and control.variance):
        return None
    estimate = treatment.mean - control.mean
    squared_error = treatment.variance / treatment.n + control.variance / control.n
    n = treatment.n + control.n
    width = half_width(squared_error * n, n, alpha=alpha, bounds=bounds, tuned_for=tuned_for)
    low = -inf if bounds is Bounds.UPPER else estimate - width
    return Interval(estimate, low, inf if bounds is Bounds.LOWER else estimate + width)


def half_width(variance: float, n: int, *, alpha: float, bounds: Bounds, tuned_for: float) -> float:
    """How far the bounds of a mean are from its estimate after n observations of this variance.

    Raises ValueError unless ``0 < alpha < 0.5``.
    """
    if not 0 < alpha < 0.5:  # noqa: PLR2004
        raise ValueError(f"alpha is above 0 and below 0.5, got {alpha}")
    tail = alpha if bounds is Bounds.BOTH else 2 * alpha
    rho_sq = (-2 * log(tail) + log(1 - 2 * log(tail))) / tuned_for
    spread = n * rho_sq + 1
    surprise = log(sqrt(spread) / alpha) if bounds is Bounds.BOTH else log(1 + sqrt(spread) / (2 * alpha))
    return sqrt(variance * 2 * spread / (n**2 * rho_sq) * surprise)

"""How far from its mean is an estimate whose error is itself estimated? Student's t, by the normal distribution.

Wallace, Bounds on normal approximations to Student's and the chi-square distributions, Annals of Mathematical
Statistics 30, 1959: t and ``z = (8 f + 1) / (8 f + 3) * sqrt(f log(1 + t² / f))`` have about the same tail. With 29
degrees of freedom tails are within 0.5 % down to 0.01 %; with nine within 5 %.
"""

from math import copysign, exp, log1p, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()


def quantile(tail: float, freedom: int) -> float:
    """What is exceeded with a chance of ``tail``.

    >>> round(quantile(0.05, 29), 3)
    1.699
    """
    z = _NORMAL.inv_cdf(1 - tail) / _shrinkage(freedom)
    return copysign(sqrt(freedom * (exp(z * z / freedom) - 1)), z)


def tail_beyond(t: float, freedom: int) -> float:
    """The chance of more than ``t``.

    >>> round(tail_beyond(1.699, 29), 3)
    0.05
    """
    z = copysign(_shrinkage(freedom) * sqrt(freedom * log1p(t * t / freedom)), t)
    return _NORMAL.cdf(-z)


def _shrinkage(freedom: int) -> float:
    return (8 * freedom + 1) / (8 * freedom + 3)

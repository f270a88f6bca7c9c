"""How far from its mean is an estimate whose error is itself estimated? Student's t, for whole degrees of freedom.

A finite sum, without scipy, to some 1e-15: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and
26.7.4.
"""

from math import atan2, copysign, cos, pi, sin, sqrt

_HALVINGS = 60
_MIDDLE = 0.5


def tail_beyond(deviate: float, freedom: int) -> float:
    """P(T >= deviate); ``freedom`` is 1 or more.

    >>> round(tail_beyond(2.228, 10), 4)
    0.025
    """
    beyond = (1 - _within(abs(deviate), freedom)) / 2
    return 1 - beyond if deviate < 0 else beyond


def quantile(tail: float, freedom: int) -> float:
    """What is exceeded with a chance of ``tail``, between 0 and 1.

    >>> round(quantile(0.05, 29), 3)
    1.699
    """
    wanted, (low, high) = min(tail, 1 - tail), (0.0, 1.0)
    while tail_beyond(high, freedom) > wanted:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if tail_beyond(middle, freedom) > wanted else (low, middle)
    return copysign(high, _MIDDLE - tail)


def _within(deviate: float, freedom: int) -> float:
    """P(abs(T) < deviate)."""
    angle = atan2(deviate, sqrt(freedom))
    is_odd = freedom % 2
    term = total = cos(angle) if is_odd else 1.0
    for step in range(2 if is_odd else 1, freedom - 1, 2):
        term *= step / (step + 1) * cos(angle) ** 2
        total += term
    if not is_odd:
        return sin(angle) * total
    return 2 / pi * (angle + (sin(angle) * total if freedom > 1 else 0.0))

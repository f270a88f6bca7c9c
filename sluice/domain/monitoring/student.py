"""How likely is a Student's t at least so large? For whole degrees of freedom: a finite sum, without scipy."""

from math import atan2, cos, pi, sin, sqrt


def student_tail(deviate: float, freedom: int) -> float:
    """P(T >= deviate), to some 1e-15; ``freedom`` is 1 or more, ``deviate`` 0 or more.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4.

    >>> round(student_tail(2.228, 10), 4)
    0.025
    """
    angle = atan2(deviate, sqrt(freedom))
    is_odd = freedom % 2
    term = total = cos(angle) if is_odd else 1.0
    for step in range(2 if is_odd else 1, freedom - 1, 2):
        term *= step / (step + 1) * cos(angle) ** 2
        total += term
    total = total if freedom > 1 else 0.0
    within = 2 / pi * (angle + sin(angle) * total) if is_odd else sin(angle) * total
    return (1 - within) / 2

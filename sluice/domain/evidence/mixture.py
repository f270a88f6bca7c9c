"""Which alternatives does a one-sided test bet on? A geometric grid, in equal parts, so that none must be guessed."""

from collections.abc import Sequence
from enum import StrEnum
from math import exp, fsum, log


class Side(StrEnum):
    """Where the alternatives to a boundary lie."""

    ABOVE = "above"
    BELOW = "below"


def grid(count: int, *, least: float, most: float) -> tuple[float, ...]:
    """So many multiples of a boundary, evenly spaced on the logarithmic scale; ``1 < least < most``."""
    ratio = (most / least) ** (1 / (count - 1))
    return tuple(least * ratio**step for step in range(count))


# From differences that take a day to see to those that a few events show.
MULTIPLES = grid(48, least=1.02, most=20.0)


def log_mean_exp(values: Sequence[float]) -> float:
    """``log(mean(exp(values)))`` without overflow; of at least one value."""
    most = max(values)
    return most + log(fsum([exp(value - most) for value in values]) / len(values))

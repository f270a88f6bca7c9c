"""Does a model get in service what it learns from? Captured features beside the same ones computed anew.

A feature that is computed in one way to learn from and in another to be asked with makes a model worse, and nothing
fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sluice.domain.training.rows import Flags, Numbers


@dataclass(frozen=True, slots=True)
class Skew:
    """How far a feature as it was captured is from what it should be.

    Attributes:
        rows: How many were compared.
        differing: How many of them differ.
        example: The first that does: its prediction id, what was captured, what was computed; None where none does.

    """

    rows: int = 0
    differing: int = 0
    example: tuple[Any, Any, Any] | None = None

    @property
    def share(self) -> float:
        """Of the rows; 0 where there are none."""
        return self.differing / self.rows if self.rows else 0.0

    def __add__(self, other: "Skew") -> "Skew":
        return Skew(self.rows + other.rows, self.differing + other.differing, self.example or other.example)


def skew_of(ids: Sequence[Any], captured: Sequence[Any], computed: Sequence[Any], differs: Flags) -> Skew:
    """Of some rows, of which it is known which differ."""
    places = np.flatnonzero(differs)
    if not len(places):
        return Skew(len(ids))
    first = int(places[0])
    return Skew(len(ids), len(places), (ids[first], captured[first], computed[first]))


def numbers_differ(captured: Numbers, computed: Numbers, tolerance: float) -> Flags:
    """Where numbers lie further apart than the tolerance, times one more than the number. NaN is like NaN."""
    return ~np.isclose(captured, computed, rtol=tolerance, atol=tolerance, equal_nan=True)

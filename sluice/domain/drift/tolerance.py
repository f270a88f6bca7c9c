"""When is a number that a model answers wrong? When it is further off than nine in ten were at training."""

from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any, Self

import numpy as np

from sluice.domain.drift.array import Floats
from sluice.domain.errors import InvalidReference

SHARE = 0.9
"""So many of the labelled answers at training were off by no more. With 0.8 a watch over normal errors takes up to
twice the labels to find that they have grown, with 0.95 as many as with this."""

_UNITS = 1_000_000
_LEAST = 1e-30  # so that its millionth, and errors in these, are finite numbers that are not 0


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may be off.

    Attributes:
        output: Name of the output that is compared with labels.
        most: An answer that is further off than this is wrong; in the unit of the output.

    """

    output: str
    most: float

    def __post_init__(self) -> None:
        if not isfinite(self.most) or (self.most < _LEAST and self.most != 0):
            raise InvalidReference(f"tolerance: most is 0, or {_LEAST} and more, got {self.most}")

    @property
    def unit(self) -> float:
        """Errors are added up as whole multiples of this: sums of floats depend on their order."""
        return self.most / _UNITS or 1 / _UNITS

    @classmethod
    def of(cls, output: str, errors: Floats) -> Self:
        """Learn it from errors, at least one: how far answers were off at training.

        >>> Tolerance.of("minutes", np.array([1.0, -2, 3, -4, 5, -6, 7, -8, 9, -100])).most
        9.0
        """
        most = float(np.sort(np.abs(errors))[ceil(SHARE * len(errors)) - 1])
        return cls(output, max(most, _LEAST) if most else 0.0)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"output": self.output, "most": self.most}

"""How are some amounts distributed? A mergeable summary of constant size: mean, largest, quantiles within 1 %.

The counts of logarithmic bins of Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", PVLDB 12 (2019).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, log

_ACCURACY = 0.01
_GAMMA = (1 + _ACCURACY) / (1 - _ACCURACY)
_LEAST = 1e-12  # less counts as nothing


@dataclass(frozen=True, slots=True)
class Sketch:
    """A summary of amounts, none of them negative.

    >>> (Sketch.of([1.0, 2.0, 3.0]) + Sketch.of([10.0])).mean
    4.0

    Attributes:
        n: How many.
        total: Their sum.
        largest: The largest; 0 when there are none.
        bins: How many lie above ``gamma ** (bin - 1)`` and not above ``gamma ** bin``, by bin; the others are nothing.

    """

    n: int = 0
    total: float = 0.0
    largest: float = 0.0
    bins: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, amounts: Iterable[float]) -> Sketch:
        """Summarise amounts; they must be finite."""
        given = list(amounts)
        bins = Counter(ceil(log(amount, _GAMMA)) for amount in given if amount > _LEAST)
        return cls(len(given), sum(given), max(given, default=0.0), bins)

    def __add__(self, other: Sketch) -> Sketch:
        bins = Counter(self.bins) + Counter(other.bins)
        return Sketch(self.n + other.n, self.total + other.total, max(self.largest, other.largest), bins)

    def narrowed(self, span: int) -> Sketch:
        """The same in at most so many bins: what lies far below the largest counts as the least of them.

        Quantiles among those bins stay what they were. Narrowed before or after they are added up: it is the same.
        """
        least = max(self.bins, default=0) - span + 1
        bins: Counter[int] = Counter()
        for number, count in self.bins.items():
            bins[max(number, least)] += count
        return Sketch(self.n, self.total, self.largest, bins)

    @property
    def mean(self) -> float:
        """Their mean; 0 when there are none."""
        return self.total / self.n if self.n else 0.0

    def quantile(self, q: float) -> float:
        """The least amount that a share ``q`` of them does not exceed, within 1 %; 0 when there are none."""
        below, found = self.n - sum(self.bins.values()), 0.0
        for number in sorted(self.bins):
            if below >= q * self.n:
                break
            below += self.bins[number]
            found = 2 * _GAMMA**number / (_GAMMA + 1)
        return found

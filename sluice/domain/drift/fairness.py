"""Does a classifier treat groups alike? Each group's rates beside those of all other groups together.

Each difference has an interval, all those of a column at once: Newcombe's hybrid score interval (Interval estimation
for the difference between independent proportions, Statistics in Medicine 17, 1998, method 10), which is Wilson's of
either side put together, at the level of Bonferroni. It is approximate: of eight groups, seven of 60 rows, with a rate
of 3 %, all intervals held the truth in 92 % of draws instead of 95 %. A gap is told; what it means, a person decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist
from typing import Any, NamedTuple, Self

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.summary import Summary, check_alike

LEAST_ROWS = 50  # of a group, and of all others: fewer say little
ERROR = 0.05  # how likely it is that any interval of a column misses
_TWO = 2


class Measure(StrEnum):
    """What share of which rows."""

    SELECTION_RATE = "selection_rate"
    ERROR_RATE = "error_rate"
    FALSE_POSITIVE_RATE = "false_positive_rate"
    FALSE_NEGATIVE_RATE = "false_negative_rate"


class Rate(NamedTuple):
    """A measure, and the class that it is of; none where it is of all classes."""

    measure: Measure
    of: str = ""


class Group(NamedTuple):
    """What was counted of a group: of all its rows, and of those with a label."""

    summary: Summary
    outcomes: ClassOutcomes | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a group's rate is from that of all other groups together.

    Attributes:
        group: Its name.
        rate: What is compared.
        own: The group's.
        others: That of all others.
        rows: Of the group, of which the rate is a share.
        low: The difference, own less others, is at least this,
        high: and at most this, for all gaps of the column at once.

    """

    group: str
    rate: Rate
    own: float
    others: float
    rows: int
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Own less others."""
        return self.own - self.others

    @property
    def is_certain(self) -> bool:
        """Whether there is one, beyond what chance explains."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            **_named(self.group, self.rate, self.rows),
            "rate": self.own,
            "others": self.others,
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "is_certain": self.is_certain,
        }


class Unjudged(NamedTuple):
    """A group with too few rows for a rate, or beside which all others have too few."""

    group: str
    rate: Rate
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return _named(*self)


@dataclass(frozen=True, slots=True)
class BetweenGroups:
    """The groups of one column.

    Attributes:
        gaps: Those that are certain first, of these and of the others the largest first.
        not_judged: In the order of groups.

    """

    gaps: tuple[Gap, ...]
    not_judged: tuple[Unjudged, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "gaps": [gap.to_dict() for gap in self.gaps],
            "not_judged": [each.to_dict() for each in self.not_judged],
        }


class Share(NamedTuple):
    """So many of so many rows."""

    hits: int
    rows: int

    def __add__(self, other: Self) -> Self:  # type: ignore[override]  # a sum of counts, not of tuples
        return type(self)(self.hits + other.hits, self.rows + other.rows)

    def without(self, other: Self) -> Self:
        """The rest."""
        return type(self)(self.hits - other.hits, self.rows - other.rows)


class _Pair(NamedTuple):
    """A group's share and that of all others."""

    group: str
    rate: Rate
    own: Share
    others: Share

    @property
    def is_judged(self) -> bool:
        return min(self.own.rows, self.others.rows) >= LEAST_ROWS


def between_groups(
    binning: Binning, groups: Mapping[str, Group], *, error: float = ERROR, design_effect: float = 1.0
) -> BetweenGroups:
    """Compare each group with all others: selection and error rates, of two classes false positives and negatives, too.

    The second of two classes is the one that is selected, the positive one. ``error`` bounds how often any of the
    intervals misses; ``design_effect`` is how many rows say as much as one independent one. A rate of which no group
    has a row is left out. Raises ReferenceMismatch where a group was counted by other bins.
    """
    pairs = _pairs({name: _shares(binning, group) for name, group in groups.items()})
    judged = [pair for pair in pairs if pair.is_judged]
    z = NormalDist().inv_cdf(1 - error / 2 / max(_comparisons(pairs), 1))
    gaps = []
    for name, rate, own, others in judged:
        low, high = difference_interval(own, others, z=z, design_effect=design_effect)
        gaps.append(Gap(name, rate, own.hits / own.rows, others.hits / others.rows, own.rows, low, high))
    gaps.sort(key=lambda gap: (not gap.is_certain, -abs(gap.difference)))
    few = [Unjudged(pair.group, pair.rate, pair.own.rows) for pair in pairs if not pair.is_judged]
    return BetweenGroups(tuple(gaps), tuple(few))


def difference_interval(one: Share, other: Share, *, z: float, design_effect: float = 1.0) -> tuple[float, float]:
    """Bounds of one rate less another, by Newcombe; both of at least one row."""
    (p, low, high), (q, other_low, other_high) = (_wilson(share, z, design_effect) for share in (one, other))
    below = sqrt((p - low) ** 2 + (other_high - q) ** 2)
    above = sqrt((high - p) ** 2 + (q - other_low) ** 2)
    return p - q - below, p - q + above


def _wilson(share: Share, z: float, design_effect: float) -> tuple[float, float, float]:
    """A rate and its bounds (Wilson, Journal of the American Statistical Association 22, 1927)."""
    rows, rate = share.rows / design_effect, share.hits / share.rows
    middle = (rate + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * sqrt(rate * (1 - rate) / rows + (z / (2 * rows)) ** 2)
    return rate, middle - half, middle + half


def _shares(binning: Binning, group: Group) -> dict[Rate, Share]:
    summary, outcomes = group
    check_alike(binning.id, summary.binning)
    shares = {}
    for bins, at in zip(binning.scores, binning.scores_at, strict=True):
        others, predicted = summary.counts[at].reshape(2, -1).sum(axis=1).tolist()
        shares[Rate(Measure.SELECTION_RATE, bins.name)] = Share(predicted, others + predicted)
    if outcomes is None:
        return shares
    check_alike(binning.id, outcomes.binning)
    confusion = outcomes.confusion
    shares[Rate(Measure.ERROR_RATE)] = Share(outcomes.rows - int(confusion.trace()), outcomes.rows)
    if len(binning.classes) == _TWO:
        (kept, false_positives), (false_negatives, found) = confusion.tolist()
        positive = binning.classes[1]
        shares[Rate(Measure.FALSE_POSITIVE_RATE, positive)] = Share(false_positives, kept + false_positives)
        shares[Rate(Measure.FALSE_NEGATIVE_RATE, positive)] = Share(false_negatives, false_negatives + found)
    return shares


def _pairs(shares: Mapping[str, Mapping[Rate, Share]]) -> list[_Pair]:
    """Every group with every rate that has rows somewhere."""
    nothing = Share(0, 0)
    total: dict[Rate, Share] = {}
    for of_group in shares.values():
        for rate, share in of_group.items():
            total[rate] = total.get(rate, nothing) + share
    return [
        _Pair(name, rate, own := of_group.get(rate, nothing), every.without(own))
        for name, of_group in shares.items()
        for rate, every in total.items()
        if every.rows
    ]


def _comparisons(pairs: Sequence[_Pair]) -> int:
    """How many intervals can miss: of two groups, what one is above the other, the other is below."""
    present = Counter(pair.rate for pair in pairs if pair.own.rows)
    judged = Counter(pair.rate for pair in pairs if pair.is_judged)
    return sum(1 if present[rate] == _TWO else many for rate, many in judged.items())


def _named(group: str, rate: Rate, rows: int) -> dict[str, Any]:
    return {"group": group, "measure": rate.measure.value, "class": rate.of or None, "rows": rows}

"""What is known of a metric in one stretch of time: values with their counts, and statistic sets beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StatisticSet:
    """What PutMetricData's StatisticValues tell of values that were not sent."""

    count: float
    total: float
    minimum: float
    maximum: float

    def __add__(self, other: "StatisticSet") -> "StatisticSet":
        return StatisticSet(
            self.count + other.count,
            self.total + other.total,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    @property
    def is_one_value(self) -> bool:
        """Whether all values of the set are the same, so that they are known after all."""
        return self.minimum == self.maximum and self.total == self.minimum * self.count


@dataclass(slots=True)
class Samples:
    """Whatever was reported; adds up.

    Attributes:
        counts: How often each value was.
        unseen: The statistic sets, added up; None when every value is known.

    """

    counts: dict[float, float] = field(default_factory=dict)
    unseen: StatisticSet | None = None

    @classmethod
    def of(cls, values: Sequence[float], counts: Sequence[float] | None = None) -> "Samples":
        """Values, each as often as its count says, or once."""
        found = cls()
        for value, count in zip(values, counts or [1.0] * len(values), strict=True):
            found.counts[value] = found.counts.get(value, 0.0) + count
        return found

    @classmethod
    def of_set(cls, one: StatisticSet) -> "Samples":
        """A statistic set."""
        return cls({one.minimum: one.count}) if one.is_one_value else cls(unseen=one)

    def add(self, other: "Samples") -> None:
        """Take the other's in."""
        for value, count in other.counts.items():
            self.counts[value] = self.counts.get(value, 0.0) + count
        if other.unseen is not None:
            self.unseen = other.unseen if self.unseen is None else self.unseen + other.unseen

    def summary(self) -> StatisticSet | None:
        """All of it as one set; None when there is nothing."""
        if not self.counts:
            return self.unseen
        known = StatisticSet(
            sum(self.counts.values()),
            sum(value * count for value, count in self.counts.items()),
            min(self.counts),
            max(self.counts),
        )
        return known if self.unseen is None else known + self.unseen

    def distribution(self) -> list[tuple[float, float]]:
        """(value, count) in ascending order; empty when it is not known or has negative values.

        Source: "Requirements to use percentiles, trimmed mean, and some other statistics" in the CloudWatch user guide.
        """
        if self.unseen is not None or any(value < 0 for value in self.counts):
            return []
        return sorted(self.counts.items())

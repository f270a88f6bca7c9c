"""Which number does the name of a statistic ask for: ``Sum``, ``p99.9``, ``TC(:250000)``, …?

Source: "CloudWatch statistics definitions" in the CloudWatch user guide. AWS interpolates within its histograms; here
a percentile is the smallest value that so many percent do not exceed, and percent bounds cut values in parts.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from local_cloud.metrics.samples import Samples, StatisticSet

Statistic = Callable[[Samples], float | None]
Distribution = Sequence[tuple[float, float]]

_PERCENT = 100.0
_ROUNDING = 1e-9
_SIMPLE: dict[str, Callable[[StatisticSet], float]] = {
    "SampleCount": lambda known: known.count,
    "Sum": lambda known: known.total,
    "Average": lambda known: known.total / known.count,
    "Minimum": lambda known: known.minimum,
    "Maximum": lambda known: known.maximum,
}
_UP_TO = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)")
_NUMBER = r"(?:\d+(?:\.\d{1,10})?)"
_RANGE = re.compile(rf"(PR|TM|TC|TS|WM)\(({_NUMBER}%?)?:({_NUMBER}%?)?\)")


class UnknownStatistic(ValueError):
    """The name of no statistic."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what values count: more than ``low`` and at most ``high``; percents of the values where ``percent``."""

    low: float
    high: float
    percent: bool

    def kept(self, distribution: Distribution) -> list[tuple[float, float]]:
        """The part of the values between the bounds."""
        if not self.percent:
            return [(value, count) for value, count in distribution if self.low < value <= self.high]
        total = _count(distribution)
        first, last, before = self.low / _PERCENT * total, self.high / _PERCENT * total, 0.0
        kept = []
        for value, count in distribution:
            part = min(before + count, last) - max(before, first)
            before += count
            if part > _ROUNDING:
                kept.append((value, part))
        return kept

    def clamped(self, distribution: Distribution) -> list[tuple[float, float]]:
        """All values, those outside moved to the bounds."""
        low, high = self.low, self.high
        if self.percent:
            low, high = percentile(distribution, low), percentile(distribution, high)
        return [(min(max(value, low), high), count) for value, count in distribution]


def parse_statistic(text: str) -> Statistic:
    """The function of that name: samples to a number, None where there is nothing to tell.

    Raises UnknownStatistic.
    """
    if text in _SIMPLE:
        return _of_summary(_SIMPLE[text])
    if (up_to := _UP_TO.fullmatch(text)) and float(up_to[2]) <= _PERCENT:
        kind, percent = up_to[1].upper(), float(up_to[2])
        if kind == "P":
            return _of_distribution(lambda distribution: percentile(distribution, percent))
        return _trimmed(kind, Bounds(0.0, percent, percent=True))
    if text == "IQM":
        return _trimmed("TM", Bounds(25.0, 75.0, percent=True))
    if found := _RANGE.fullmatch(text):
        return _trimmed(found[1], _bounds(text, found[2] or "", found[3] or ""))
    raise UnknownStatistic(f"The statistic {text} is not known.")


def percentile(distribution: Distribution, percent: float) -> float:
    """The smallest value that ``percent`` of all do not exceed."""
    wanted, seen = percent / _PERCENT * _count(distribution) - _ROUNDING, 0.0
    for value, count in distribution:
        seen += count
        if seen >= wanted:
            return value
    return distribution[-1][0]


def fewest_samples(text: str) -> float:
    """How many samples a percentile needs to be significant; 0 for other statistics.

    Source: "Percentile-based alarms and low data samples" in the CloudWatch user guide.
    """
    found = _UP_TO.fullmatch(text)
    if found is None or found[1] != "p":
        return 0.0
    percent = float(found[2])
    rarer = min(percent, _PERCENT - percent)
    return 10 * _PERCENT / rarer if rarer else float("inf")


def _bounds(text: str, low: str, high: str) -> Bounds:
    percent = [bound.endswith("%") for bound in (low, high) if bound]
    if not percent or len(set(percent)) > 1:
        raise UnknownStatistic(f"The statistic {text} needs one or two bounds, both or none of them percents.")
    first = float(low.rstrip("%")) if low else 0.0 if percent[0] else float("-inf")
    last = float(high.rstrip("%")) if high else _PERCENT if percent[0] else float("inf")
    if first >= last or (percent[0] and (last > _PERCENT or text.startswith("PR"))):
        raise UnknownStatistic(f"The statistic {text} has bounds that do not fit.")
    return Bounds(first, last, percent[0])


def _trimmed(kind: str, bounds: Bounds) -> Statistic:
    compute: dict[str, Callable[[Distribution], float | None]] = {
        "TM": lambda distribution: _mean(bounds.kept(distribution)),
        "TC": lambda distribution: _count(bounds.kept(distribution)),
        "TS": lambda distribution: _sum(bounds.kept(distribution)),
        "WM": lambda distribution: _mean(bounds.clamped(distribution)),
        "PR": lambda distribution: _PERCENT * _count(bounds.kept(distribution)) / _count(distribution),
    }
    return _of_distribution(compute[kind])


def _of_summary(compute: Callable[[StatisticSet], float]) -> Statistic:
    def statistic(samples: Samples) -> float | None:
        known = samples.summary()
        return compute(known) if known is not None and known.count else None

    return statistic


def _of_distribution(compute: Callable[[Distribution], float | None]) -> Statistic:
    def statistic(samples: Samples) -> float | None:
        distribution = samples.distribution()
        return compute(distribution) if distribution else None

    return statistic


def _count(distribution: Iterable[tuple[float, float]]) -> float:
    return sum(count for _, count in distribution)


def _sum(distribution: Iterable[tuple[float, float]]) -> float:
    return sum(value * count for value, count in distribution)


def _mean(distribution: Distribution) -> float | None:
    return _sum(distribution) / _count(distribution) if distribution else None

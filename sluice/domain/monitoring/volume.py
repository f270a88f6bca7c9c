"""Is a model asked far less, or far more, than usual? The last 1, 4 and 16 hours beside the same hours of earlier days.

Logarithms of counts are compared, by Student's prediction interval (Hahn and Meeker, Statistical Intervals, 1991,
section 4.4) with the variance of a Poisson count added. Once three weeks are known, a day is expected to be as that
day of the week was; until then, as any day: where weekends are quieter, only greater changes are found.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp, expm1, log1p, sqrt
from typing import NamedTuple

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.window import LENGTH
from sluice.domain.student import tail_beyond

DAYS = 28
"""So many earlier days are looked at."""

LEAST_DAYS = 7
"""Fewer are no past: each day of the week has to be in it."""

SPANS = (1, 4, 16)
"""So many of the last hours are looked at together: few requests take many hours to say anything."""

FAR = 1.5
"""Nothing is told below this ratio, however certain it is."""

READ_BACK = timedelta(days=DAYS) + LENGTH * SPANS[-1]
"""Nothing from before that is looked at."""

_DAY = timedelta(days=1)
_WEEK = 7
_LEAST_WEEKS = 3
_SIDES = 2


class Change(StrEnum):
    """How a volume is unusual."""

    LESS = "less"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Hours:
    """How often a model was asked.

    Attributes:
        counts: By the beginning of the hour, aware, UTC; an hour that is missing had none.
        first: The first hour of which that is known.
        until: Hours from there on are no past of others: a model that is not asked for two days has no new habit.

    """

    counts: Mapping[datetime, float]
    first: datetime
    until: datetime

    def total(self, end: datetime, span: int) -> float:
        """Of so many hours, the last of which began at ``end``."""
        return sum(self.counts.get(end - LENGTH * back, 0) for back in range(span))

    def days_before(self, end: datetime, span: int) -> list[datetime]:
        """The ends of the same hours of earlier days, the newest first."""
        ends = (end - _DAY * back for back in range(1, DAYS + 1))
        return [each for each in ends if each < self.until and each - LENGTH * (span - 1) >= self.first]


@dataclass(frozen=True, slots=True)
class VolumeFinding:
    """What the last hours say.

    Attributes:
        verdict: Fail where they are unusual; inconclusive where they cannot be compared.
        reason: In words, with the numbers.
        since: The first of the hours it is about.
        count: Predictions in them.
        usual: How many are expected; None where they cannot be compared, as what follows.
        change: How they are unusual; None where they are not.

    """

    verdict: Verdict
    reason: str
    since: datetime
    count: int
    usual: float | None = None
    change: Change | None = None


def judge_volume(hours: Hours, *, last: datetime, p_unusual: float) -> VolumeFinding:
    """Judge the hours up to the one that began at ``last``, which must be complete.

    ``p_unusual`` is the chance that anything is found where nothing has changed, all spans together.
    """
    compared = [found for span in SPANS if (found := _compare(hours, last, span))]
    if not compared:
        return VolumeFinding(Verdict.INCONCLUSIVE, _not_judged(hours, last), last, round(hours.total(last, 1)))
    unusual = [each for each in compared if each.p <= p_unusual / len(SPANS) and each.ratio >= FAR]
    told = min(unusual, key=lambda each: each.p) if unusual else compared[0]
    change = (Change.LESS if told.asked < told.usual else Change.MORE) if unusual else None
    return VolumeFinding(
        Verdict.FAIL if unusual else Verdict.PASS, _reason(told), told.since, told.asked, told.usual, change
    )


class _Compared(NamedTuple):
    """Some hours beside the same hours of earlier days, ``likes`` being those that tell what is expected."""

    since: datetime
    span: int
    asked: int
    usual: float
    likes: Sequence[float]
    is_by_week: bool
    p: float

    @property
    def ratio(self) -> float:
        """How far from the usual, up or down: 1 or more; one request more or less is nothing."""
        ratio = (self.asked + 1) / (self.usual + 1)
        return max(ratio, 1 / ratio)


def _compare(hours: Hours, last: datetime, span: int) -> _Compared | None:
    """None where the past is too short, or nobody asked in it."""
    ends = hours.days_before(last, span)
    counts = [hours.total(end, span) for end in ends]
    if len(ends) < LEAST_DAYS or not any(counts):
        return None
    is_by_week = len(ends) >= _LEAST_WEEKS * _WEEK
    groups: defaultdict[int, list[float]] = defaultdict(list)
    for end, each in zip(ends, counts, strict=True):
        groups[(last - end).days % _WEEK if is_by_week else 0].append(each)
    count, mean = hours.total(last, span), _mean(groups[0])
    freedom = len(ends) - len(groups)
    spread = sum((log1p(each) - _mean(group)) ** 2 for group in groups.values() for each in group) / freedom
    deviation = sqrt(spread * (1 + 1 / len(groups[0])) + exp(-mean))
    p = _SIDES * tail_beyond(abs(log1p(count) - mean) / deviation, freedom)
    since = last - LENGTH * (span - 1)
    return _Compared(since, span, round(count), expm1(mean), groups[0], is_by_week, p)


def _mean(counts: Sequence[float]) -> float:
    """Of the logarithms."""
    return sum(map(log1p, counts)) / len(counts)


def _reason(told: _Compared) -> str:
    when = "hour" if told.span == 1 else f"{told.span} hours"
    days = f"{len(told.likes)} {'weeks' if told.is_by_week else 'days'}"
    return (
        f"{told.asked:,} predictions in the {when} from {told.since:%Y-%m-%d %H:%M}, {told.usual:,.0f} are usual: "
        f"{min(told.likes):,.0f} to {max(told.likes):,.0f} in the same {when} of {days} before"
    )


def _not_judged(hours: Hours, last: datetime) -> str:
    known = len(hours.days_before(last, 1))
    if known < LEAST_DAYS:
        return f"not judged: {known} earlier days are known, it takes {LEAST_DAYS}"
    return f"not judged: nobody asked at this time of {known} earlier days"

"""Does a candidate treat groups less alike than the champion does?

Of each group the rates that ``sluice.domain.drift.fairness`` tells, beside those of all other groups together. A gap is
no verdict; one that grows by more than the margin from one version to the next is.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Counts, Flags, Floats
from sluice.domain.drift.column import Codes
from sluice.domain.drift.fairness import Measure, Rate
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.noninferior import Compared, judge
from sluice.domain.gate.paired import Measured, are_enough, difference
from sluice.domain.gate.scored import Scored
from sluice.domain.gate.slices import Unjudged, nothing_judged, values_of, worst_first

_TWO = 2


class _Hits(NamedTuple):
    """Of which rows a rate is a share, and which count."""

    rate: Rate
    rows: Flags
    hits: Flags


def judge_groups(
    scored: Scored, groups: Mapping[str, Codes], classes: tuple[str, ...], margins: Margins
) -> tuple[list[GateFinding], list[Unjudged]]:
    """The worst first; ``groups`` are columns of the scored rows. Less gap is better, whichever way it is."""
    rates = [
        list(_rates(scored.labels, predicted, classes))
        for predicted in (scored.candidate_predicted, scored.champion_predicted)
    ]
    compared: list[Compared] = []
    few: list[Unjudged] = []
    broken: list[GateFinding] = []
    for column, codes in groups.items():
        before, values = len(compared), list(values_of(codes))
        for value, is_own in values[: 1 if len(values) == _TWO else None]:  # of two, each gap is the other's, too
            for one, other in zip(*rates, strict=True):
                name = f"{column} {value}, {in_words(one.rate)}"
                found = _compared(name, scored, is_own, one, other, margins)
                if found is None:
                    few.append(Unjudged(name, int((one.rows & is_own).sum())))
                else:
                    compared.append(found)
        if len(compared) == before:
            broken.append(nothing_judged(Subject.FAIRNESS, column, margins))
    return [*broken, *worst_first(judge(compared, margins.error))], few


def in_words(rate: Rate) -> str:
    """A rate's name."""
    return _NAMES[rate.measure].format(of=rate.of)


_NAMES = {
    Measure.SELECTION_RATE: "predicted {of}",
    Measure.ERROR_RATE: "wrong",
    Measure.FALSE_POSITIVE_RATE: "not {of} but predicted so",
    Measure.FALSE_NEGATIVE_RATE: "{of} but not predicted so",
}


def _compared(  # noqa: PLR0917  two models' hits of one group
    name: str, scored: Scored, is_own: Flags, one: _Hits, other: _Hits, margins: Margins
) -> Compared | None:
    for which in (is_own, ~is_own):
        of_rate = one.rows & which
        if of_rate.sum() < margins.least_slice_rows or not are_enough(scored.blocks[of_rate]):
            return None
    mine, theirs = (_gap(hits, is_own) for hits in (one, other))
    found = difference(mine, theirs, scored.blocks)
    rows = int((one.rows & is_own).sum())
    return Compared(Subject.FAIRNESS, name, mine.estimate, theirs.estimate, found, margins.fairness, rows)


def _gap(hits: _Hits, is_own: Flags) -> Measured:
    """How far a group's rate is from that of all others, whichever way."""
    own, others = (_rate(hits.rows & which, hits.hits) for which in (is_own, ~is_own))
    gap = own.estimate - others.estimate
    sign = np.sign(gap)
    return Measured(abs(gap), sign * (own.influence - others.influence))


def _rate(rows: Flags, hits: Flags) -> Measured:
    rate = float(hits[rows].mean())
    influence: Floats = np.where(rows, hits - rate, 0.0) * len(rows) / rows.sum()
    return Measured(rate, influence)


def _rates(labels: Counts, predicted: Counts, classes: tuple[str, ...]) -> Iterator[_Hits]:
    every = np.ones(len(labels), dtype=np.bool)
    for place in (1,) if len(classes) == _TWO else range(len(classes)):
        yield _Hits(Rate(Measure.SELECTION_RATE, classes[place]), every, predicted == place)
    yield _Hits(Rate(Measure.ERROR_RATE), every, predicted != labels)
    if len(classes) == _TWO:
        yield _Hits(Rate(Measure.FALSE_POSITIVE_RATE, classes[1]), labels == 0, predicted == 1)
        yield _Hits(Rate(Measure.FALSE_NEGATIVE_RATE, classes[1]), labels == 1, predicted == 0)

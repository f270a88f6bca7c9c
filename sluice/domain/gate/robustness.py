"""What does a candidate answer where one input is missing, or is nothing that it has seen?

One input at a time, where the signature admits it. No more answers than the champion's may cease to be probabilities;
how many change their class is compared with how many of the champion's do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.array import Flags, Floats
from sluice.domain.drift.column import Codes, Column, numbers
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.answers import faults, judge_answers
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.noninferior import Compared, judge
from sluice.domain.gate.paired import blocks_of, difference, mean_of
from sluice.domain.gate.slices import worst_first
from sluice.domain.signature import Datatype, TensorSpec

UNKNOWN = "never-seen-before"
_BEYOND = 10  # times the width of what was seen


class Variation(NamedTuple):
    """What was done to one input of all rows, and the column that it became."""

    of: str
    name: str
    column: Column


class Varied(NamedTuple):
    """Answers of both models to a variation; None where a model refused."""

    variation: Variation
    candidate: Answers | None
    champion: Answers | None


class Base(NamedTuple):
    """Their answers to the rows as they are."""

    candidate: Answers
    champion: Answers


def variations(inputs: Sequence[TensorSpec], columns: Mapping[str, Column]) -> Iterator[Variation]:
    """Every one that the signature admits."""
    for spec in inputs:
        column = columns[spec.name]
        if spec.optional:
            yield Variation(f"{spec.name} missing", spec.name, _missing(spec, len(column)))
        if spec.datatype is Datatype.BYTES:
            codes = np.zeros(len(column), dtype=np.int64)
            yield Variation(f"{spec.name} unknown", spec.name, Codes(codes, (UNKNOWN,)))
        elif spec.datatype is not Datatype.BOOL:
            for side, value in _outside(spec, column):
                yield Variation(f"{spec.name} {side}", spec.name, np.full(len(column), value))


def judge_robustness(base: Base, varied: Sequence[Varied], promised: TensorSpec, margins: Margins) -> list[GateFinding]:
    """The worst first. An answer that is none counts as one that changed; more of these than the champion's fail."""
    broken, compared = [], []
    for each in varied:
        mine, theirs = (_lost(answers, len(base.candidate), promised) for answers in each[1:])
        if mine.sum() > theirs.sum():
            broken.append(_broken(each, promised))
        else:
            compared.append(_compared(base, each, (mine, theirs), margins))
    return worst_first([*broken, *judge(compared, margins.error)])


def _lost(answers: Answers | None, rows: int, promised: TensorSpec) -> Flags:
    """Which rows have no answer."""
    if answers is None:
        return np.ones(rows, dtype=np.bool)
    return np.logical_or.reduce(list(faults(answers, promised).values()))


def _broken(each: Varied, promised: TensorSpec) -> GateFinding:
    if each.candidate is None:
        return GateFinding(Subject.ROBUSTNESS, each.variation.of, Verdict.FAIL, "the candidate refuses such rows")
    found = judge_answers(each.candidate, promised)
    return replace(found, subject=Subject.ROBUSTNESS, of=each.variation.of)


def _compared(base: Base, each: Varied, lost: tuple[Flags, Flags], margins: Margins) -> Compared:
    rows = len(base.candidate)
    mine = mean_of(_flips(base.candidate, each.candidate, lost[0]))
    theirs = mean_of(_flips(base.champion, each.champion, lost[1]))
    found = difference(mine, theirs, blocks_of(rows))
    return Compared(Subject.ROBUSTNESS, each.variation.of, mine.estimate, theirs.estimate, found, margins.flips, rows)


def _flips(before: Answers, after: Answers | None, lost: Flags) -> Floats:
    changed = lost if after is None else lost | (before.predicted != after.predicted)
    return changed.astype(np.float64)


def _missing(spec: TensorSpec, rows: int) -> Column:
    if spec.datatype is Datatype.BYTES:
        return Codes(np.full(rows, -1, dtype=np.int64), ())
    return np.full(rows, np.nan)


def _outside(spec: TensorSpec, column: Column) -> Iterator[tuple[str, float]]:
    """A value far below all that were seen, and one far above, as far as the datatype has them."""
    seen = numbers(column).values.astype(np.float64)
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        return
    low, high = float(seen.min()), float(seen.max())
    reach = _BEYOND * max(high - low, 1.0)
    least, most = _limits(spec)
    if (below := max(np.floor(low - reach), least)) < low:
        yield "far below", below
    if (above := min(np.ceil(high + reach), most)) > high:
        yield "far above", above


def _limits(spec: TensorSpec) -> tuple[float, float]:
    if spec.datatype.is_integer:
        limits = np.iinfo(spec.datatype.value.lower())
        return float(limits.min), float(min(limits.max, 2**53))
    of_float = np.finfo(f"float{spec.datatype.size * 8}")
    return float(of_float.min), float(of_float.max)

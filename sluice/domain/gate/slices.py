"""Is a candidate no worse on any slice: one carrier, one airport? A poisoned one may be better on all others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Flags
from sluice.domain.drift.column import Codes
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.measures import log_losses
from sluice.domain.gate.noninferior import Compared, judge
from sluice.domain.gate.paired import are_enough, difference, mean_of
from sluice.domain.gate.scored import Scored


class Unjudged(NamedTuple):
    """What has too few rows to be judged."""

    of: str
    rows: int


def judge_slices(
    scored: Scored, slices: Mapping[str, Codes], margins: Margins
) -> tuple[list[GateFinding], list[Unjudged]]:
    """The worst first; ``slices`` are columns of the scored rows."""
    one, other = (log_losses(each, scored.labels) for each in (scored.candidate, scored.champion))
    compared: list[Compared] = []
    few: list[Unjudged] = []
    broken: list[GateFinding] = []
    for column, codes in slices.items():
        before = len(compared)
        for value, rows in values_of(codes):
            name, count = f"{column} {value}", int(rows.sum())
            if count < margins.least_slice_rows or not are_enough(scored.blocks[rows]):
                few.append(Unjudged(name, count))
                continue
            mine, theirs = mean_of(one[rows]), mean_of(other[rows])
            found = difference(mine, theirs, scored.blocks[rows])
            compared.append(
                Compared(Subject.SLICE, name, mine.estimate, theirs.estimate, found, margins.slice_log_loss, count)
            )
        if len(compared) == before:
            broken.append(nothing_judged(Subject.SLICE, column, margins))
    return [*broken, *worst_first(judge(compared, margins.error))], few


def values_of(codes: Codes) -> Iterator[tuple[str, Flags]]:
    """Each category that has rows, and which these are."""
    for place, name in enumerate(codes.categories):
        rows = codes.codes == place
        if rows.any():
            yield name, rows


def nothing_judged(subject: Subject, column: str, margins: Margins) -> GateFinding:
    """A column by which everything is too small."""
    reason = f"no value has {margins.least_slice_rows:,} labelled rows: nothing can be judged by it"
    return GateFinding(subject, column, Verdict.ERROR, reason)


def worst_first(findings: Sequence[GateFinding]) -> list[GateFinding]:
    """By verdict, then by how far the interval reaches to the wrong side."""
    return sorted(findings, key=lambda each: (-each.verdict.severity, -(np.inf if each.high is None else each.high)))

"""Do more rows come twice than did? One verdict of all rows, beside those of the features.

Copies come in clumps, a whole request or a whole file at once: so many of them count as one. That takes more rows to
find them, and no clump for a habit.
"""

from collections.abc import Sequence

import numpy as np

from sluice.domain.drift.binning import Role
from sluice.domain.drift.figures import share
from sluice.domain.drift.finding import Change, DriftFinding
from sluice.domain.drift.rates import rate_tail
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.rules import Rules
from sluice.domain.evidence.finding import Verdict

FEATURE = "duplicates"
SHARE = 0.1
"""Of the error of a look: so much, beside what features have."""

LEAST = 0.02
"""Nothing is told of fewer rows more than before."""

_CLUMP = 10
_SIDES = 2


def judge_repeats(before: Repeats, windows: Sequence[Repeats], rules: Rules) -> DriftFinding:
    """Judge the last 1, 2, 4, ... windows, newest last, as features are judged."""
    levels = min(rules.levels, len(windows).bit_length())
    looks = [(1 << level, sum(windows[-(1 << level) :], start=Repeats())) for level in range(levels)]
    judged = [(p_more(before, now), count, now) for count, now in looks if now.rows >= rules.min_rows]
    if not judged or before.rows < rules.min_rows:
        few = f"{FEATURE}: fewer than the {rules.min_rows} rows it takes to judge"
        return DriftFinding(FEATURE, Role.INPUT, "", Verdict.INCONCLUSIVE, None, few, 1.0, 0.0, 0, 0)
    found = [each for each in judged if each[0] <= SHARE * rules.q and each[2].share - before.share >= LEAST]
    p, count, now = min(found or judged, key=lambda each: each[0])
    return _finding(before, now, p, count, is_found=bool(found))


def _finding(before: Repeats, now: Repeats, p: float, count: int, *, is_found: bool) -> DriftFinding:
    since = "the last window" if count == 1 else f"the last {count} windows"
    told = f"{share(now.share)} of rows are copies of another, {share(before.share)} were before"
    return DriftFinding(
        FEATURE,
        Role.INPUT,
        "",
        Verdict.FAIL if is_found else Verdict.PASS,
        Change.DUPLICATES if is_found else None,
        f"{FEATURE}: {told}, in {now.rows:,} rows of {since}",
        p,
        _effect(before, now),
        count,
        now.rows,
        f"{share(now.share - before.share)} of rows" if is_found else "",
    )


def p_more(before: Repeats, now: Repeats) -> float:
    """The chance of so many copies where there are as few as before; 1 where there are not more."""
    if now.share <= before.share:
        return 1.0
    counts = (np.array([count / _CLUMP]) for each in (before, now) for count in (each.copies, each.rows))
    return float(rate_tail(*counts)[0]) / _SIDES


def _effect(before: Repeats, now: Repeats) -> float:
    """Difference of the shares in standard deviations of both together, as that of missing values."""
    both = (before + now).share
    return max(now.share - before.share, 0.0) / max((both * (1 - both)) ** 0.5, 1e-9)

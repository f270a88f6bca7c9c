"""Has anything drifted, at the end of any window? Looked at each time as if the later ones were not known yet."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sluice.domain.drift.finding import DriftFinding
from sluice.domain.drift.judge import judge
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.monitoring.baseline import baseline
from sluice.report.story import Look
from sluice.service.beside_past import beside_past
from sluice.service.count_windows import Counted, Window
from sluice.service.judge_twice import judge_twice


def judge_windows(
    reference: SlicedReference,
    windows: Sequence[Window],
    rules: Rules,
    *,
    first: int = 0,
    pasts: Sequence[Counted] = (),
) -> Iterator[Look]:
    """A look at the end of each window, oldest first, from the one at ``first`` on; without rows it finds nothing.

    ``pasts``: what was counted in the same hours of earlier weeks, as many as windows or none. A look is compared with
    those that it reaches, with the reference where these have too few rows together.
    """
    nothing, compared = empty(reference.whole.binning), baseline(reference, reference.slices, None)
    for end in range(first + 1, len(windows) + 1):
        window = windows[end - 1]
        if not window.counted.summary.rows:
            yield Look(window.start, window.end, nothing, outcomes=window.counted.outcomes)
            continue
        start = _start(windows, end, rules)
        before = pasts[start:end]
        if sum(past.summary.rows for past in before) < rules.min_rows:
            before = ()
        reached = [each.counted for each in windows[start:end]]
        found = judge(beside_past(compared, reached, before), rules).findings
        twice = judge_twice(compared, reached, before, rules)
        past = before[-1].summary if before else None
        yield _look(window, (*found, *filter(None, [twice])), past)


def fitting(rules: Rules, windows: int) -> Rules:
    """The same budget for so few windows: the error is not shared with looks further back than there are any."""
    return replace(rules, levels=min(rules.levels, max(windows, 1).bit_length()))


def _start(windows: Sequence[Window], end: int, rules: Rules) -> int:
    """The place of the first window that a look reaches: none before the first one with rows."""
    furthest = range(max(0, end - (1 << (rules.levels - 1))), end)
    return next(place for place in furthest if windows[place].counted.summary.rows)


def _look(window: Window, findings: tuple[DriftFinding, ...], past: Summary | None) -> Look:
    counted = window.counted
    return Look(
        window.start,
        window.end,
        counted.summary,
        findings,
        counted.outcomes,
        counted.slices,
        counted.slice_outcomes,
        past,
    )

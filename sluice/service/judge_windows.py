"""Has anything drifted, at the end of any window? Looked at each time as if the later ones were not known yet."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sluice.domain.drift.finding import DriftFinding
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summary import empty
from sluice.report.story import Look
from sluice.service.count_windows import Window


def judge_windows(
    reference: SlicedReference, windows: Sequence[Window], rules: Rules, *, first: int = 0
) -> Iterator[Look]:
    """A look at the end of each window, oldest first, from the one at ``first`` on; without rows it finds nothing."""
    whole = reference.whole
    nothing = empty(whole.binning)
    slices = {of: reference.of(of) for of in reference.slices}
    longest = 1 << (rules.levels - 1)
    for end in range(first + 1, len(windows) + 1):
        window = windows[end - 1]
        if not window.counted.summary.rows:
            yield Look(window.start, window.end, nothing, outcomes=window.counted.outcomes)
            continue
        last = [window.counted for window in windows[max(0, end - longest) : end]]
        watched = [Watched(whole, [each.summary for each in last], unknown=[each.unknown for each in last])]
        watched += [
            Watched(of_slice, [each.slices.get(of, nothing) for each in last], str(of))
            for of, of_slice in slices.items()
        ]
        yield _look(window, judge(watched, rules).findings)


def fitting(rules: Rules, windows: int) -> Rules:
    """The same budget for so few windows: the error is not shared with looks further back than there are any."""
    return replace(rules, levels=min(rules.levels, max(windows, 1).bit_length()))


def _look(window: Window, findings: tuple[DriftFinding, ...]) -> Look:
    counted = window.counted
    return Look(
        window.start, window.end, counted.summary, findings, counted.outcomes, counted.slices, counted.slice_outcomes
    )

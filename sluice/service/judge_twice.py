"""Do more rows come twice than in what they are compared with? One answer of all rows, beside those of the features."""

from collections.abc import Sequence

from sluice.domain.drift.finding import DriftFinding
from sluice.domain.drift.judge_repeats import judge_repeats
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.rules import Rules
from sluice.domain.monitoring.baseline import Baseline
from sluice.service.count_windows import Counted


def judge_twice(
    compared: Baseline, windows: Sequence[Counted], pasts: Sequence[Counted], rules: Rules
) -> DriftFinding | None:
    """Whether more rows come twice; None where nobody knows how many did."""
    before = compared.whole.repeats
    if before is None:
        return None
    if pasts:
        before = sum((past.repeats for past in pasts), start=Repeats())
    return judge_repeats(before, [window.repeats for window in windows], rules)

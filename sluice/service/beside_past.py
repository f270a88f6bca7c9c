"""Which rows are judged beside which? All of them and each slice, each beside its own past."""

from collections.abc import Sequence

from sluice.domain.drift.judge import Watched
from sluice.domain.drift.summary import empty
from sluice.domain.monitoring.baseline import Baseline
from sluice.service.count_windows import Counted


def beside_past(compared: Baseline, windows: Sequence[Counted], pasts: Sequence[Counted] = ()) -> list[Watched]:
    """All rows, then each slice: judged together, they share the budget of false alarms.

    ``pasts``: what each window is compared with in place of the baseline; as many as windows, or none.
    """
    nothing = empty(compared.whole.binning)
    whole = Watched(
        compared.whole,
        [window.summary for window in windows],
        pasts=[past.summary for past in pasts],
        unknown=[window.unknown for window in windows],
    )
    return [whole] + [
        Watched(
            reference,
            [window.slices.get(of, nothing) for window in windows],
            str(of),
            [past.slices.get(of, nothing) for past in pasts],
        )
        for of, reference in compared.slices.items()
    ]

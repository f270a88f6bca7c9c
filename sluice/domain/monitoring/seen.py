"""What did a look see? From findings, of all rows and of each slice, to what a person is told: a feature once.

What all rows show, slices show too, and smaller: it is told of all rows. What only slices show is told of the one that
shows it most. A small slice says nothing of health: whether anything could be judged is asked of all rows.
"""

from collections.abc import Sequence
from datetime import datetime

from sluice.domain.drift.finding import DriftFinding, Judgement
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Drifting, Seen, place
from sluice.domain.monitoring.window import LENGTH

_MOST_NAMED = 10
_JUDGED = (Verdict.PASS, Verdict.FAIL)


def seen(
    found: Judgement, rows: int, *, hour: datetime, repeats: DriftFinding | None = None, notes: Sequence[str] = ()
) -> Seen:
    """What the look at the windows up to an hour saw; ``notes``: what else a person should know of it.

    ``repeats`` is of rows that come twice: where these cannot be judged, features can.
    """
    every = (*found.findings, *filter(None, [repeats]))
    by_feature: dict[str, list[DriftFinding]] = {}
    for each in every:
        if each.verdict is Verdict.FAIL:
            by_feature.setdefault(each.feature, []).append(each)
    whole = [each for each in found.findings if not each.slice]
    twice = [repeats.reason] if repeats and repeats.verdict is Verdict.FAIL else []
    return Seen(
        Verdict.FAIL if by_feature else max(each.verdict for each in whole),
        "; ".join((_reason(found, whole, rows), *twice, *notes)),
        rows,
        tuple(_drifting(findings, hour) for findings in by_feature.values()),
        frozenset(place(each.feature, each.slice) for each in every if each.verdict is Verdict.PASS),
        frozenset(place(each.feature, each.slice) for each in every),
    )


def _drifting(findings: Sequence[DriftFinding], hour: datetime) -> Drifting:
    """One feature's drift, told of all rows or of the first slice: the most first."""
    told = next((each for each in findings if not each.slice), findings[0])
    return Drifting(
        told.feature,
        told.role.value,
        told.change and told.change.value,
        told.reason,
        told.effect,
        hour - LENGTH * (told.windows - 1),
        told.slice,
        tuple(each.slice for each in findings if each.slice)[:_MOST_NAMED],
    )


def _reason(found: Judgement, whole: Sequence[DriftFinding], rows: int) -> str:
    judged = [each for each in whole if each.verdict in _JUDGED]
    if not judged:
        return whole[0].reason
    drifted = sum(each.verdict is Verdict.FAIL for each in judged)
    told = f"{drifted} of {len(judged)} features drift, in {rows:,} rows"
    slices = {each.slice for each in found.findings if each.slice and each.verdict in _JUDGED}
    in_slices = {each.slice for each in found.drifted if each.slice}
    return f"{told}; something drifts in {len(in_slices)} of {len(slices)} slices" if slices else told

"""How many labels has each slice in all, with those that were just counted? Sums, whatever order labels come in."""

from collections.abc import Collection, Mapping

from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.monitoring.watched_slice import SliceTotal


def with_counted(
    totals: Mapping[tuple[str, str], SliceTotal],
    before: Mapping[Slice, Outcomes],
    after: Mapping[Slice, Outcomes],
    *,
    kept: Collection[Slice],
) -> dict[tuple[str, str], SliceTotal]:
    """The totals once the slices of a window hold ``after`` instead of ``before``; other slices than these go."""
    found: dict[tuple[str, str], SliceTotal] = {}
    for of in kept:
        total, was, now = totals.get(of, SliceTotal()), _total(before.get(of)), _total(after.get(of))
        found[of] = SliceTotal(total.rows + now.rows - was.rows, total.errors + now.errors - was.errors)
    return {of: total for of, total in found.items() if any(total)}


def _total(outcomes: Outcomes | None) -> SliceTotal:
    return SliceTotal() if outcomes is None else SliceTotal(outcomes.rows, outcomes.wrong)

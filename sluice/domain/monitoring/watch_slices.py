"""Is a version wrong more often in some slice than it was there at training? Each slice's labels are bet on once.

Each slice has an e-CUSUM of its own, as the whole has, against its own rate at training. Of many slices one looks bad
by chance: so they share their part of the budget evenly. That is no weaker than to ask for the mean of their bets where
one slice is lost, it names the slice, and it holds whatever slices have to do with each other and whenever labels come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import floor

from sluice.domain.drift.error_watch import MARGIN
from sluice.domain.drift.figures import number
from sluice.domain.drift.sliced import Slice
from sluice.domain.monitoring.error_bets import bet_on_end, bet_on_loss, is_certain
from sluice.domain.monitoring.judged_slices import AtTraining, JudgedSlices
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.watched_slice import Run, SliceTotal, WatchedSlice
from sluice.domain.monitoring.window import hour_of

_PLACES = 1000  # a bet is kept in thousandths of its logarithm, never more than it is


def watch_slices(
    before: Sequence[WatchedSlice],
    totals: Mapping[tuple[str, str], SliceTotal],
    judged: JudgedSlices,
    *,
    mean_looks: float,
    now: datetime,
) -> tuple[WatchedSlice, ...]:
    """What is known after a look, of the slices that are judged and have labels.

    ``mean_looks``: that pass until one of all slices is lost by chance. A slice that is judged no more is forgotten.
    """
    known = {Slice(each.column, each.value): each for each in before}
    look = _Look(judged, mean_looks * len(judged.slices), now)
    return tuple(
        look.at(look.known(known.get(of), of), totals.get(of, SliceTotal()), judged.slices[of])
        for of in sorted(judged.slices)
        if of in known or of in totals
    )


@dataclass(frozen=True, slots=True)
class _Look:
    judged: JudgedSlices
    mean_looks: float
    now: datetime

    def known(self, before: WatchedSlice | None, of: Slice) -> WatchedSlice:
        """With other bins the watch begins anew, and a loss stays."""
        if before is None or before.bets.binning != self.judged.binning:
            return WatchedSlice(*of, Bets(self.judged.binning), loss=before.loss if before else None)
        return before

    def at(self, before: WatchedSlice, total: SliceTotal, trained: AtTraining) -> WatchedSlice:
        """Bet on the labels that are new. Taken back ones wait until as many new ones have come."""
        rows, errors = total.rows - before.bets.rows, total.errors - before.bets.errors
        if not 0 <= errors <= rows or not rows:
            return before
        after = replace(before, bets=replace(before.bets, rows=total.rows, errors=total.errors, came_at=self.now))
        new = SliceTotal(rows, errors)
        if before.loss is None:
            return self._on_loss(after, new, trained)
        return self._on_end(after, new, trained, before.loss)

    def _on_loss(self, after: WatchedSlice, new: SliceTotal, trained: AtTraining) -> WatchedSlice:
        rate = max(trained.allowed / MARGIN, trained.rate)  # to which the watch adds the margin
        state = bet_on_loss(after.bets.state, rows=new.rows, errors=new.errors, allowed=rate)
        run = after.run or Run(self.now, after.bets.rows - new.rows, after.bets.errors - new.errors)
        if is_certain(state, mean_looks=self.mean_looks):
            return _with(after, (), loss=_found(after, run, trained, self.judged.tolerance))
        kept = _kept(state)
        return _with(after, kept, run=run if kept else None)

    def _on_end(self, after: WatchedSlice, new: SliceTotal, trained: AtTraining, loss: Loss) -> WatchedSlice:
        state = bet_on_end(
            after.bets.state, rows=new.rows, errors=new.errors, allowed=trained.allowed, found=loss.error_rate
        )
        if is_certain(state, mean_looks=self.mean_looks):
            return _with(after, ())
        return _with(after, _kept(state), loss=loss)


def _with(
    watched: WatchedSlice, state: tuple[float, ...], *, run: Run | None = None, loss: Loss | None = None
) -> WatchedSlice:
    return replace(watched, bets=replace(watched.bets, state=state), run=run, loss=loss)


def _kept(state: Sequence[float]) -> tuple[float, ...]:
    """What the next look goes on from, in few bytes; nothing where nothing speaks for what is bet on."""
    kept = tuple(floor(max(bet, 0.0) * _PLACES) / _PLACES for bet in state)
    return kept if any(kept) else ()


def _found(lost: WatchedSlice, run: Run, trained: AtTraining, tolerance: float | None) -> Loss:
    rows, errors = lost.bets.rows - run.rows, lost.bets.errors - run.errors
    how = "wrong" if tolerance is None else f"off by more than {number(tolerance)}"
    reason = (
        f"{100 * errors / rows:.1f} % of {rows:,} labelled predictions of {lost.where} since "
        f"{run.since:%Y-%m-%d %H:%M} were {how}, {100 * trained.rate:.1f} % were at training"
    )
    return Loss(hour_of(run.since), reason, errors / rows, rows)

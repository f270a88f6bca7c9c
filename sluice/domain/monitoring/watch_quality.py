"""What is known of a version's quality after a look? Its labels are bet on once, and a loss is news once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sluice.domain.drift.figures import number
from sluice.domain.drift.number_quality import NumberQuality
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.quality import Quality
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.describe_quality import SeenQuality, described
from sluice.domain.monitoring.error_bets import MOST_RATE, allowed_rate, bet_on_end, bet_on_loss, is_certain
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.quality import Basis, KnownQuality
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.watch_slices import watch_slices
from sluice.domain.monitoring.window import hour_of

SHARE = 0.1
"""Of the budget of false alarms: so many of them, beside those of drift, are about quality."""

OF_SLICES = 0.5
"""Of that: for all slices together, where there are some."""

FRESH = timedelta(days=3)
"""Once no label has come for so long, those that came before are no verdict."""

SHOWN_LABELS = 1000
"""What is measured is measured on the newest hours that together have so many labels."""


def newest(windows: Sequence[tuple[datetime, Outcomes]]) -> tuple[datetime, Outcomes] | None:
    """The newest hours together that have enough labels, and when they began; ``windows`` are in order of time."""
    together: tuple[datetime, Outcomes] | None = None
    for start, outcomes in reversed(windows):
        if together is not None and start < together[0] and together[1].rows >= SHOWN_LABELS:
            break
        together = (start, outcomes if together is None else together[1] + outcomes)
    return together


def watch_quality(before: KnownQuality | None, seen: SeenQuality, watching: Watching, *, now: datetime) -> KnownQuality:
    """What is known after a look. Without new labels a loss goes on; without any there is no verdict.

    A loss in a slice is one, too.
    """
    known = _of_all_rows(before, seen, watching, now=now)
    so_far, looks = before.watched if before else (), mean_looks(watching, share=OF_SLICES)
    watched = watch_slices(so_far, seen.totals, seen.judged, mean_looks=looks, now=now)
    known = replace(known, watched=watched, judged=seen.judged.reason)
    return replace(known, verdict=Verdict.FAIL) if known.losses else known


def _of_all_rows(before: KnownQuality | None, seen: SeenQuality, watching: Watching, *, now: datetime) -> KnownQuality:
    known = described(seen)
    loss, bets = (before.loss, before.bets) if before else (None, None)
    unfit = _unfit(seen)
    if unfit:
        verdict = Verdict.FAIL if loss else Verdict.INCONCLUSIVE
        return replace(known, verdict=verdict, reason=f"{known.reason}; not judged: {unfit}", loss=loss, bets=bets)
    if bets is None or bets.binning != seen.binning:
        bets = Bets(seen.binning)
    looks = mean_looks(watching, share=1 - OF_SLICES if seen.judged.slices else 1.0)
    bets, loss = _bet(bets, loss, seen, looks=looks, now=now)
    is_fresh = bets.came_at is not None and now - bets.came_at <= FRESH
    enough = is_fresh and known.basis is Basis.MEASURED and known.rows >= watching.least_rows
    verdict = Verdict.FAIL if loss else Verdict.PASS if enough else Verdict.INCONCLUSIVE
    return replace(known, verdict=verdict, loss=loss, bets=bets)


def mean_looks(watching: Watching, *, share: float = 1.0) -> float:
    """How many looks pass, on average at least, until one finds a loss where there is none.

    ``share``: of what there is for quality.
    """
    return watching.looks_per_30_days / (share * SHARE * watching.false_alarms_per_30_days)


def _bet(bets: Bets, loss: Loss | None, seen: SeenQuality, *, looks: float, now: datetime) -> tuple[Bets, Loss | None]:
    """Bet on the labels that are new. Taken back ones wait until as many new ones have come."""
    rows, errors = seen.rows - bets.rows, seen.errors - bets.errors
    if seen.training is None or seen.measured is None or not 0 <= errors <= rows or not rows:
        return bets, loss
    allowed = allowed_rate(rows=seen.training.rows, errors=seen.training.wrong)
    if loss is None:
        state = bet_on_loss(bets.state, rows=rows, errors=errors, allowed=allowed)
        changed = _found(seen.measured, seen.training, now) if is_certain(state, mean_looks=looks) else None
    else:
        state = bet_on_end(bets.state, rows=rows, errors=errors, allowed=allowed, found=loss.error_rate)
        changed = None if is_certain(state, mean_looks=looks) else loss
    return Bets(seen.binning, seen.rows, seen.errors, () if changed != loss else state, now), changed


def _found(measured: Quality | NumberQuality, training: Outcomes, now: datetime) -> Loss:
    wrong, before = 1 - measured.accuracy, training.wrong / training.rows
    newest_labels = f"{100 * wrong:.1f} % of the newest {measured.rows:,} labelled predictions"
    how = f"off by more than {number(measured.tolerance)}" if isinstance(measured, NumberQuality) else "wrong"
    return Loss(
        hour_of(now), f"{newest_labels} were {how}, {100 * before:.1f} % were at training", wrong, measured.rows
    )


def _unfit(seen: SeenQuality) -> str | None:
    """Why errors cannot be compared with those at training."""
    if seen.training is None:
        return "the reference has no labelled predictions"
    if seen.training.wrong > MOST_RATE * seen.training.rows:
        return f"more than {100 * MOST_RATE:.0f} % were wrong at training already"
    return None

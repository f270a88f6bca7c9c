"""May a drift that waits be taken up now, or has it come to nothing? A drift is news once: nobody tells of it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sluice.domain.retraining.book import Book
from sluice.domain.retraining.decide import Start, obstacle
from sluice.domain.retraining.pending import Pending
from sluice.domain.retraining.policy import Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are with the champion.

    Attributes:
        version: What serves as champion now; None where nothing does.
        drifts: Whether the version that waits drifts, or has lost quality, by the last look at it.

    """

    version: str | None
    drifts: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Leave it as it is."""


@dataclass(frozen=True, slots=True)
class Drop:
    """It is over, because of this."""

    reason: str


def take_up(
    book: Book, pending: Pending, policy: Policy, standing: Standing, *, now: datetime, elsewhere: Sequence[str] = ()
) -> Start | Wait | Drop:
    """What becomes of the drift that waits. ``elsewhere``: executions under way that the book does not know."""
    if book.in_flight is not None:
        return Wait()
    over = _over(book, pending, policy, standing)
    if over is not None:
        return Drop(over)
    if now < pending.at + policy.limits.drift_wait:
        return Wait()
    trigger = pending.trigger(book.model, now=now)
    blocked = obstacle(trigger, book, policy.limits, now=now, elsewhere=elsewhere)
    return Start() if blocked is None else Wait()


def _over(book: Book, pending: Pending, policy: Policy, standing: Standing) -> str | None:
    """Why there is no more to do; None where it still stands. A retraining since has learnt from what drifted."""
    since = book.called_since(pending.at)
    if since is not None:
        return f"retraining {since.id} was called for since"
    if not policy.on_drift:
        return "retraining.on_drift is false by now"
    if standing.version != pending.version:
        return f"version {pending.version} is not the champion any more"
    return None if standing.drifts else f"version {pending.version} does not drift any more"

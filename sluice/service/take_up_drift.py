"""Take up a drift that was refused, once it may be and if it still stands; else say what became of it."""

from datetime import datetime

from sluice.domain.retraining.book import Book, Refusal
from sluice.domain.retraining.decide import Start
from sluice.domain.retraining.pending import Pending
from sluice.domain.retraining.take_up import Drop, Standing, take_up
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.variant import CHAMPION
from sluice.service.run_retraining import ACTOR, Services, begin, elsewhere, told


def take_up_drift(book: Book, services: Services, *, now: datetime) -> Book:
    """The book after that, of which nothing has changed where the drift waits on. Raises StaleWrite."""
    pending = book.pending
    if pending is None or book.in_flight is not None:
        return book
    policy, standing = services.policies[book.model], _standing(book.model, pending, services)
    became = take_up(book, pending, policy, standing, now=now, elsewhere=elsewhere(book, services))
    if isinstance(became, Start):
        begin(book.waiting(None), pending.trigger(book.model, now=now), services, now=now)
        return services.retrainings.of(book.model)
    return _drop(book, pending, became.reason, services, now=now) if isinstance(became, Drop) else book


def _drop(book: Book, pending: Pending, reason: str, services: Services, *, now: datetime) -> Book:
    trigger = pending.trigger(book.model, now=now)
    refusal = Refusal.of(trigger, f"it waited, and was dropped: {reason}", now=now)
    entry = Entry(EntryKind.REFUSED, ACTOR, refusal.refused, now, told(trigger))
    return services.retrainings.put(book.with_refusal(refusal).waiting(None), entry)


def _standing(model: str, pending: Pending, services: Services) -> Standing:
    """Which version serves now, and whether the one that waits drifts. Raises RoutingUnavailable."""
    routing, watch = services.routings.get(model), services.watches.get(model, pending.version)
    has_lost = watch is not None and watch.quality is not None and bool(watch.quality.all_losses)
    return Standing(
        version=routing.versions.get(CHAMPION) if routing else None,
        drifts=watch is not None and (bool(watch.drifting) or has_lost),
    )

"""How often is a change of the endpoint asked for, and when again? Three times; for want of instances, for ever."""

from dataclasses import replace
from datetime import datetime, timedelta

from sluice.domain.capacity import is_lacking
from sluice.domain.rollout.rollout import Trouble

MOST_ATTEMPTS = 3
LONGEST_WAIT_MINUTES = 30
UNSEEN = "nothing was seen of the change"
_SHOWS_WITHIN = timedelta(minutes=1)


def asked(trouble: Trouble | None, *, now: datetime, standing: str | None = None) -> Trouble:
    """One more attempt, of which nothing is known yet; if nothing shows it is as good as failed.

    ``standing`` is the failure that the endpoint tells of already: it is that of an earlier change.
    """
    before = trouble or Trouble("", 0, now, is_capacity=False)
    attempts, again_at = before.attempts + 1, now + _SHOWS_WITHIN
    return replace(before, reason="", attempts=attempts, again_at=again_at, standing=standing)


def failure_of(trouble: Trouble, failure_reason: str | None, *, now: datetime) -> str | None:
    """Why an open attempt failed, when the endpoint is at rest; None while that is not known.

    A failure that stood there before the attempt is believed only once the attempt should have shown.
    """
    if now >= trouble.again_at:
        return failure_reason or UNSEEN
    return None if failure_reason == trouble.standing else failure_reason


def failed(trouble: Trouble, reason: str, *, now: datetime) -> Trouble:
    """What is known of an attempt that failed: why, and when the next one is due, after 1, 2, 4 … 30 minutes.

    Instances that are lacking and other failures are counted apart.
    """
    is_capacity = is_lacking(reason)
    attempts = trouble.attempts if is_capacity == trouble.is_capacity else 1
    minutes = min(2 ** min(attempts - 1, 10), LONGEST_WAIT_MINUTES)
    return Trouble(reason, attempts, now + timedelta(minutes=minutes), is_capacity)


def is_given_up(trouble: Trouble) -> bool:
    """Whether asking again is of no use."""
    return not trouble.is_open and not trouble.is_capacity and trouble.attempts >= MOST_ATTEMPTS

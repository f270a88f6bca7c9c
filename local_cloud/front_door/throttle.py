"""May this request pass now, or did the stage's rate and burst run out?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Throttle:
    """A stage's or route's limit.

    Attributes:
        rate: Requests per second, in the long run.
        burst: Requests that may come at once; the size of the bucket.

    """

    rate: float
    burst: int


class TokenBucket:
    """Starts full, loses one token per request, gains ``rate`` tokens per second."""

    def __init__(self, throttle: Throttle, *, now: float) -> None:
        self.throttle = throttle
        self._tokens = float(throttle.burst)
        self._filled_at = now

    def take(self, *, now: float) -> bool:
        """Whether there was a token; ``now`` is in seconds of any clock that does not go back."""
        gained = (now - self._filled_at) * self.throttle.rate
        self._tokens = min(self._tokens + gained, float(self.throttle.burst))
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

"""Is a rate of events above, or below, a rate that was agreed on?

The Bernoulli e-process of one variant's own counts: the mean, over a grid of alternatives, of likelihood ratios to the
agreed rate; each is a supermartingale under the whole one-sided null. It knows no champion, so it decides nothing alone
(a shared incident raises every rate); beside the ratio it says where differences stop to matter.
"""

from functools import lru_cache
from math import log, log1p

from sluice.domain.evidence.mixture import MULTIPLES, Side, log_mean_exp

MOST = 0.999  # alternatives stay below certainty, which a single success would refute for ever


def log_likelihood_ratios(
    *, requests: float, events: float, rate: float, side: Side, multiples: tuple[float, ...] = MULTIPLES
) -> list[float]:
    """Log likelihood ratio of each alternative rate to ``rate``, which is above 0 and at most one half."""
    others = requests - events
    return [events * of_event + others * of_other for of_event, of_other in _gains(rate, side, multiples)]


@lru_cache(maxsize=64)
def _gains(rate: float, side: Side, multiples: tuple[float, ...]) -> list[tuple[float, float]]:
    """What each alternative gains by a request with an event, and by one without."""
    alternatives = [min(rate * each, MOST) if side is Side.ABOVE else rate / each for each in multiples]
    return [(log(each / rate), log1p(-each) - log1p(-rate)) for each in alternatives]


def log_e(*, requests: float, events: float, rate: float, side: Side) -> float:
    """Logarithm of the e-process against the null that the true rate is at most ``rate`` (side above) or at least it.

    >>> log_e(requests=100, events=0, rate=0.1, side=Side.BELOW) > 3
    True
    """
    return log_mean_exp(log_likelihood_ratios(requests=requests, events=events, rate=rate, side=side))

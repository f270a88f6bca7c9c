"""Has a version begun to be wrong more often than at training, and when is that over? Bets on labels as they come.

While all is well: the e-CUSUM of ``drift.error_watch``. The mean time to a false alarm is, in looks that brought
labels, at least the threshold. After an alarm the bets are on the end of the loss: an e-CUSUM of the same threshold
against a rate halfway, as a ratio, between what is allowed and what was found. So a loss neither ends because nobody
knows better, nor takes the longer to end the longer it has lasted.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

from sluice.domain.drift import error_watch
from sluice.domain.evidence.absolute import log_likelihood_ratios
from sluice.domain.evidence.mixture import Side, grid

MOST_RATE = 0.45
"""A version that was wrong more often at training cannot be watched: more errors would hardly show."""

_DOUBT = 0.05  # one-sided
_MOST = 0.5
_MULTIPLES = grid(12, least=1.1, most=4.0)


def allowed_rate(*, rows: int, errors: int, among: int = 1) -> float:
    """The rate of errors that labels at training leave possible, at most (Wilson's upper bound, 95 %).

    ``among``: so many rates are all below their bounds 95 times in 100 (Bonferroni).

    >>> round(allowed_rate(rows=10_000, errors=1000), 3)
    0.105
    """
    z = NormalDist().inv_cdf(1 - _DOUBT / among)
    share, weight = errors / rows, z * z / rows
    return (share + weight / 2 + z * sqrt(share * (1 - share) / rows + weight / (4 * rows))) / (1 + weight)


def bet_on_loss(state: Sequence[float], *, rows: int, errors: int, allowed: float) -> tuple[float, ...]:
    """The state after so many more labels; an empty one begins."""
    return error_watch.step(state, rows=rows, errors=errors, reference_rate=allowed)


def bet_on_end(state: Sequence[float], *, rows: int, errors: int, allowed: float, found: float) -> tuple[float, ...]:
    """The state after so many more labels, while errors are known to have come at the rate ``found``."""
    rate = min(sqrt(allowed * max(found, allowed)), _MOST)
    so_far = list(state) or [0.0] * len(_MULTIPLES)
    gains = log_likelihood_ratios(requests=rows, events=errors, rate=rate, side=Side.BELOW, multiples=_MULTIPLES)
    return tuple(max(bet, 0.0) + gain for bet, gain in zip(so_far, gains, strict=True))


def is_certain(state: Sequence[float], *, mean_looks: float) -> bool:
    """Whether the evidence suffices, which without what is bet on takes ``mean_looks`` looks on average."""
    return error_watch.is_alarm(state, mean_steps_to_false_alarm=mean_looks)

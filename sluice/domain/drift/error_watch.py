"""Has a model begun to be wrong more often? An e-CUSUM over labels as they come, which forgets good times.

The detector of ``evidence.watch`` without a version held back: there is one rate, that of the reference, and a margin
above it that nobody needs to hear of. The mean time to a false alarm is, in steps, at least the threshold.
"""

from collections.abc import Sequence
from math import log

from sluice.domain.evidence.absolute import log_likelihood_ratios
from sluice.domain.evidence.mixture import Side, grid, log_mean_exp

MARGIN = 1.1
"""Times the reference's rate of errors: so much more nobody needs to hear of."""

_MULTIPLES = grid(24, least=1.1, most=6.0)
_MOST_RATE = 0.5


def step(state: Sequence[float], *, rows: int, errors: int, reference_rate: float) -> tuple[float, ...]:
    """The state after ``rows`` more labels, of which ``errors`` predictions were wrong; an empty state begins.

    ``reference_rate`` is above 0. Raises ValueError for a state of another watch.
    """
    so_far = list(state) or [0.0] * len(_MULTIPLES)
    if len(so_far) != len(_MULTIPLES) or not 0 <= errors <= rows or reference_rate <= 0:
        raise ValueError(f"a watch has {len(_MULTIPLES)} bets, errors are at most the rows, and the rate is above 0")
    rate = min(reference_rate * MARGIN, _MOST_RATE)
    gains = log_likelihood_ratios(requests=rows, events=errors, rate=rate, side=Side.ABOVE, multiples=_MULTIPLES)
    return tuple(max(bet, 0.0) + gain for bet, gain in zip(so_far, gains, strict=True))


def is_alarm(state: Sequence[float], *, mean_steps_to_false_alarm: float) -> bool:
    """Whether the evidence suffices; never before the first step."""
    return bool(state) and log_mean_exp(state) >= log(mean_steps_to_false_alarm)

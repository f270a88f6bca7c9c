"""What does a minute of a variant's simulated traffic hold?"""

import numpy as np

from sluice.domain.evidence.counts import EventKind, Tally

BASE_RATE = 0.005  # of errors
SLOW_RATE = 0.05  # by its definition: slower than the champion's p95; nothing ever breaches a guardrail


def tally(generator: np.random.Generator, mean: float, error_rate: float) -> Tally:
    """A Poisson number of requests, each with an error at this rate."""
    requests = int(generator.poisson(mean))
    return Tally(
        requests,
        {
            EventKind.ERRORS: int(generator.binomial(requests, error_rate)),
            EventKind.SLOW: int(generator.binomial(requests, SLOW_RATE)),
            EventKind.BREACHES: 0,
        },
    )

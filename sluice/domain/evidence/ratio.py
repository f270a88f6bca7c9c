"""Is the challenger's rate of events more, or less, than so many times the champion's? Whatever the rate itself does.

Given that an event happened, it is the challenger's with probability ``q(r) = o r / (1 + o r)``, where ``r`` is the
ratio of the two rates and ``o`` the odds of the traffic. The base rate has dropped out: a shared incident, a busy hour
or a shift of weights between strata says nothing about ``r``. For every alternative beyond the boundary the likelihood
ratio of ``q(r)`` to ``q(boundary)`` is a supermartingale under the whole one-sided null (monotone likelihood ratio),
and so is their mean: an e-process. By Ville's inequality it ever reaches ``1/alpha`` with probability alpha at most,
however often one looks.

Lindon and Malek, Anytime-valid inference for multinomial count data, NeurIPS 2022 (arXiv 2011.03567); Lindon, Sanden
and Shirikian, Rapid regression detection in software deployments through sequential testing, KDD 2022 (arXiv
2205.14762).

The odds are those of the requests that were served, stratum by stratum, not those that were asked for: with sticky
units of unequal activity the two differ, and a variant is not to be blamed for having had more requests. Given the
requests, events at equal rates fall on the variants by a hypergeometric law, under which the mean of a likelihood ratio
is at most what it is under the binomial one (Hoeffding 1963, theorem 4): at any one look the test errs on the safe
side. As a stratum grows its odds are read anew, so over many looks this is no exact martingale; simulated at rates from
0.5 to 50 %, with and without ramps and incidents, a look a minute, at most half of alpha was ever reached.
"""

from collections.abc import Iterable
from functools import lru_cache
from math import log, log1p

from sluice.domain.evidence.counts import Split
from sluice.domain.evidence.mixture import MULTIPLES, Side, log_mean_exp


def log_likelihood_ratios(
    splits: Iterable[Split], *, boundary: float, side: Side, multiples: tuple[float, ...] = MULTIPLES
) -> list[float]:
    """Log likelihood ratio of each alternative to ``rate of challenger = boundary x rate of champion``.

    The alternatives are the boundary times each multiple, or divided by it below. Strata in which a variant had no
    request compare nothing and are left out.
    """
    comparable = [split for split in splits if split.challenger_requests > 0 and split.champion_requests > 0]
    of_challenger = sum(split.challenger_events for split in comparable)
    ratios = [of_challenger * gain for _, gain in _gains(side, multiples)]
    for split in comparable:
        events = split.challenger_events + split.champion_events
        odds = boundary * split.challenger_requests / split.champion_requests
        share = odds / (1 + odds)
        if events:
            gains = zip(ratios, _gains(side, multiples), strict=True)
            ratios = [ratio - events * log1p(share * more) for ratio, (more, _) in gains]
    return ratios


@lru_cache(maxsize=64)
def _gains(side: Side, multiples: tuple[float, ...]) -> list[tuple[float, float]]:
    """Of each alternative: by how much it is more than the boundary, as a share of that, and the logarithm."""
    factors = multiples if side is Side.ABOVE else [1 / multiple for multiple in multiples]
    return [(factor - 1, log(factor)) for factor in factors]


def log_e(splits: Iterable[Split], *, boundary: float, side: Side) -> float:
    """Logarithm of the e-process against the null that the ratio is at most the boundary (side above) or at least it.

    >>> even = [Split(1000, 30, 1000, 10)]
    >>> log_e(even, boundary=1.0, side=Side.ABOVE) > 3 > 0 > log_e(even, boundary=1.0, side=Side.BELOW)
    True
    """
    return log_mean_exp(log_likelihood_ratios(splits, boundary=boundary, side=side))

"""Did the variants get the traffic they were to get? A test for sample-ratio mismatch, valid at every look.

The Dirichlet-multinomial e-process: the marginal likelihood of the counts under a Dirichlet prior around the shares
that were asked for, against their likelihood under those shares. Strata of different shares multiply. Lindon and Malek,
NeurIPS 2022 (arXiv 2011.03567).
"""

from collections.abc import Iterable, Sequence
from math import fsum, lgamma, log

from sluice.domain.evidence.counts import Epoch, merged
from sluice.domain.evidence.finding import Finding, Verdict, odds

# Weight of the prior, in requests: sharp enough to see 49:51, found in simulation.
CONCENTRATION = 1000.0
ALPHA = 0.01
SUBJECT = "sample_ratio"


def log_e_of_counts(counts: Sequence[int], shares: Sequence[float], *, concentration: float = CONCENTRATION) -> float:
    """Logarithm of the e-process against the null that each request fell on a variant with its share.

    ``shares`` are above 0 and sum to 1.
    """
    prior = [concentration * share for share in shares]
    return (
        lgamma(concentration)
        - lgamma(concentration + sum(counts))
        + fsum(
            lgamma(weight + count) - lgamma(weight) - count * log(share)
            for weight, count, share in zip(prior, counts, shares, strict=True)
        )
    )


def log_e(epochs: Iterable[Epoch]) -> float:
    """The same over strata: the evidence of each share multiplied."""
    return fsum(
        log_e_of_counts((epoch.challenger.requests, epoch.champion.requests), (epoch.share, 1 - epoch.share))
        for epoch in merged(epochs)
    )


def deviation(epochs: Sequence[Epoch]) -> float:
    """The challenger's requests, less those it was to get, as a share of the latter; 0 without requests."""
    expected = fsum(epoch.share * (epoch.challenger.requests + epoch.champion.requests) for epoch in epochs)
    return sum(epoch.challenger.requests for epoch in epochs) / expected - 1 if expected else 0.0


def judge_shares(epochs: Sequence[Epoch], *, floor: float) -> Finding:
    """An error where the traffic certainly, and by more than the floor, differs from what was asked for.

    Requests of one sticky unit come in clusters and are not independent: with few or unequal units small deviations
    look certain, so a deviation up to the floor holds nobody up. The comparison itself is by served requests.
    """
    evidence, off = log_e(epochs), deviation(epochs)
    boundary = -log(ALPHA)
    requests = sum(epoch.challenger.requests + epoch.champion.requests for epoch in epochs)
    numbers = (
        f"challenger got {off:+.1%} of the requests it was to get (odds {odds(evidence)}, {odds(boundary)} needed)"
    )
    verdict = Verdict.PASS if requests else Verdict.INCONCLUSIVE
    reason = f"{SUBJECT}: {numbers}" if requests else f"{SUBJECT}: no requests yet"
    if evidence >= boundary and abs(off) > floor:
        verdict, reason = Verdict.ERROR, f"{SUBJECT}: traffic is not split as asked for: {numbers}"
    return Finding(SUBJECT, verdict, reason, log_e_harm=evidence, harm_boundary=boundary)

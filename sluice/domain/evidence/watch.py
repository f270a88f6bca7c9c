"""Has a promoted version become worse? An e-CUSUM over the minutes since, which forgets good times.

After a long good time a plain e-process has much to unlearn before it can alarm. An e-CUSUM starts each of its bets
anew whenever it has fallen below even. The mean of such bets is an e-detector: the mean time to a false alarm is, in
steps, at least the threshold. The least of several e-detectors is one for the union of their nulls, their mean one for
all of them together. Shin, Ramdas and Rinaldo, E-detectors: a nonparametric framework for sequential change detection
(arXiv 2203.03532).

The challenger of an epoch is the version that was promoted, its champion the one that is held back to compare with.
The nulls are those of a roll back before promotion: ratio up to ``rollback_ratio``, or rate under the floor.
"""

from collections.abc import Iterable, Sequence
from math import log

from sluice.domain.evidence import absolute, ratio
from sluice.domain.evidence.counts import Epoch, EventKind, Split, splits
from sluice.domain.evidence.finding import Finding, Findings, Verdict, odds
from sluice.domain.evidence.mixture import Side, grid, log_mean_exp
from sluice.domain.evidence.rules import Rules

MEAN_MINUTES_TO_FALSE_ALARM = 30 * 24 * 60
_MULTIPLES = grid(16, least=1.2, most=20.0)
_BETS = len(_MULTIPLES)


def step(rules: Rules, state: Sequence[float], minute: Epoch) -> tuple[float, ...]:
    """The state after one more minute; an empty state begins the watch.

    At most one step a minute: the time to a false alarm is counted in steps. A state holds, for each kind of the rules,
    the logarithms of its bets on the ratio and then of those on the floor; it goes with the rules it was begun with.
    """
    so_far = list(state) or [0.0] * (2 * _BETS * len(rules.floor_rates))
    if len(so_far) != 2 * _BETS * len(rules.floor_rates):
        raise ValueError(f"a watch of {len(so_far)} bets does not go with rules of {len(rules.floor_rates)} kinds")
    gains = [gain for kind in rules.floor_rates for gain in _gains(rules, kind, splits([minute], kind))]
    return tuple(max(bet, 0.0) + gain for bet, gain in zip(so_far, gains, strict=True))


def judge(rules: Rules, state: Sequence[float]) -> Findings:
    """An alarm (fail) of any kind. Without one a watch is inconclusive: it can accuse, not acquit."""
    boundary = log(MEAN_MINUTES_TO_FALSE_ALARM * len(rules.floor_rates))
    pairs = [state[first : first + 2 * _BETS] for first in range(0, len(state), 2 * _BETS)]
    return Findings(
        tuple(_finding(rules, kind, bets, boundary) for kind, bets in zip(rules.floor_rates, pairs, strict=False))
    )


def _gains(rules: Rules, kind: EventKind, strata: Sequence[Split]) -> Iterable[float]:
    """What a minute adds to the bets of a kind."""
    yield from ratio.log_likelihood_ratios(strata, boundary=rules.rollback_ratio, side=Side.ABOVE, multiples=_MULTIPLES)
    yield from absolute.log_likelihood_ratios(
        requests=sum(split.challenger_requests for split in strata),
        events=sum(split.challenger_events for split in strata),
        rate=rules.floor_rates[kind],
        side=Side.ABOVE,
        multiples=_MULTIPLES,
    )


def _finding(rules: Rules, kind: EventKind, bets: Sequence[float], boundary: float) -> Finding:
    evidence = min(log_mean_exp(bets[:_BETS]), log_mean_exp(bets[_BETS:]))
    is_alarm = evidence >= boundary
    numbers = f"(odds {odds(evidence)}, {odds(boundary)} needed)"
    became = f"has become worse than {rules.rollback_ratio:g} times the version held back"
    return Finding(
        kind.value,
        Verdict.FAIL if is_alarm else Verdict.INCONCLUSIVE,
        f"{kind.value}: {became if is_alarm else 'no alarm'} {numbers}",
        log_e_harm=evidence,
        harm_boundary=boundary,
    )

"""Does a candidate answer as the champion does, often enough? One agreed share of agreement, for or against.

A request counts by the share of its rows that differ, 0 to 1. The bets of ``absolute`` on events hold for such shares,
too: what a bet pays is convex in them, so that no share between 0 and 1 pays more than its mixture of both.
"""

from dataclasses import replace
from math import log

from sluice.domain.evidence import absolute
from sluice.domain.evidence.finding import Finding, Verdict, odds
from sluice.domain.evidence.mixture import Side
from sluice.domain.evidence.rules import Rules

SUBJECT = "agreement"
LEAST, BELOW = 0.5, 1.0
"""A share that can be asked for is at least the first and below the second: nothing proves that all agree."""


def judge_agreement(rules: Rules, least: float, *, requests: int, differing: float) -> Finding:
    """Fail where certainly less agrees than ``least``, pass where certainly more does; valid at every look.

    It spends ``rollback_alpha`` and ``promote_alpha`` once more, on a question of its own.
    """
    harm, good = (
        absolute.log_e(requests=requests, events=differing, rate=1 - least, side=side)
        for side in (Side.ABOVE, Side.BELOW)
    )
    against = -log(rules.rollback_alpha)
    for_good = rules.promote_boundary
    staked = f"odds of less {odds(harm)}, {odds(against)} needed; of more {odds(good)}, {odds(for_good)} needed"
    found = Finding(SUBJECT, Verdict.INCONCLUSIVE, "", harm, against, good, for_good)
    if not requests:
        return replace(found, reason=f"{SUBJECT}: no answers of both have been compared yet")
    verdict, why = Verdict.INCONCLUSIVE, f"not decided whether more than the {least:.2%} asked for"
    if harm >= against and differing >= rules.min_events:
        verdict, why = Verdict.FAIL, f"less than the {least:.2%} asked for"
    elif requests < rules.min_requests:
        why = f"fewer than {rules.min_requests} requests"
    elif good >= for_good:
        verdict, why = Verdict.PASS, f"more than the {least:.2%} asked for"
    numbers = f"{SUBJECT}: {1 - differing / requests:.2%} in {requests:,} requests"
    return replace(found, verdict=verdict, reason=f"{numbers}: {why} ({staked})")

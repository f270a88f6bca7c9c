"""Is a version under release wrong more often than the champion, by the labels of the same hours?

Counted are answers whose labels have come. An hour is a stratum: neither a hard hour nor a shift of weights is the
candidate's doing. The test is that of the errors of a rollout (``sluice.domain.evidence.ratio``), by the plan's own
margin and boundary, and may be read at every look.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.domain.evidence.counts import Split
from sluice.domain.evidence.finding import Verdict, odds
from sluice.domain.evidence.mixture import Side
from sluice.domain.evidence.ratio import log_e
from sluice.domain.evidence.rules import Rules


@dataclass(frozen=True, slots=True)
class OwnErrors:
    """What a look says of a candidate's errors.

    Attributes:
        verdict: Fail where it is wrong more often than the champion; inconclusive where too few labels have come.
        reason: In words, with the numbers.
        rows: How many of the candidate's answers have labels.

    """

    verdict: Verdict
    reason: str
    rows: int = 0


def own_errors(hours: Sequence[Split], rules: Rules) -> OwnErrors:
    """Judge labelled answers (``requests``) and the wrong ones among them (``events``), hour by hour."""
    shared = [hour for hour in hours if hour.challenger_requests and hour.champion_requests]
    rows, wrong, theirs, their_wrong = (int(sum(column)) for column in zip(*shared, strict=True)) if shared else [0] * 4
    if min(rows, theirs) < rules.min_requests:
        told = f"{rows:,} labels of the candidate and {theirs:,} of the champion in the same hours"
        return OwnErrors(Verdict.INCONCLUSIVE, f"too little to compare: {told}, {rules.min_requests:,} needed", rows)
    harm = log_e(shared, boundary=rules.rollback_ratio, side=Side.ABOVE)
    numbers = (
        f"wrong: {wrong:,} of {rows:,} labelled answers ({wrong / rows:.1%}), {their_wrong:,} of {theirs:,} of the "
        f"champion's ({their_wrong / theirs:.1%}) in the same hours"
    )
    chances = f"odds of harm {odds(harm)}, {odds(rules.harm_boundary)} needed"
    if harm >= rules.harm_boundary and wrong >= rules.min_events:
        told = f"{numbers}: worse than {rules.rollback_ratio:g} times the champion ({chances})"
        return OwnErrors(Verdict.FAIL, told, rows)
    return OwnErrors(Verdict.PASS, f"{numbers}: not worse, as far as is known ({chances})", rows)

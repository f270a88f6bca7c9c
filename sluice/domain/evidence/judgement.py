"""What do the counts of a rollout say: roll back, good enough, or not known yet?"""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

from sluice.domain.evidence import absolute, ratio
from sluice.domain.evidence.counts import Epoch, EventKind, Split, splits
from sluice.domain.evidence.finding import Finding, Findings, Verdict, odds
from sluice.domain.evidence.mixture import Side, log_mean_exp
from sluice.domain.evidence.rules import Rules
from sluice.domain.evidence.srm import judge_shares

__all__ = ["Finding", "Findings", "Rules", "Verdict", "judge", "log_evidence"]

# What the evidence for "good enough" stakes: most on a version equal to the champion, as nearly all good ones are.
_ON_EQUAL, _ON_ANY_RATIO, _ON_FLOOR = 0.5, 0.25, 0.25


class Evidence(NamedTuple):
    """Logarithms of e-values."""

    harm: float
    promote: float


def judge(rules: Rules, epochs: Sequence[Epoch], *, minutes: float, apart: Sequence[Epoch] = ()) -> Findings:
    """Judge what was counted since the comparison began, ``minutes`` ago. Valid whenever and however often it is asked.

    Deterministic: the same counts give the same findings, in whatever order and pieces they came. What was counted
    ``apart`` tells of events in requests that are in ``epochs`` already: nothing of how the traffic is split.
    """
    kinds = [_judge_kind(rules, kind, splits([*epochs, *apart], kind), minutes=minutes) for kind in rules.floor_rates]
    return Findings((*kinds, judge_shares(epochs, floor=rules.mismatch_floor)))


def log_evidence(rules: Rules, kind: EventKind, strata: Sequence[Split]) -> Evidence:
    """Evidence of one kind of events for harm and for "good enough".

    Harm contradicts "ratio acceptable OR rate under the floor": a union of nulls, of whose e-values the least counts.
    Good enough contradicts "ratio unacceptable AND rate above the floor": of those, any fixed average does.
    """
    floor = rules.floor_rates[kind]
    requests = sum(split.challenger_requests for split in strata)
    events = sum(split.challenger_events for split in strata)
    worse = ratio.log_e(strata, boundary=rules.rollback_ratio, side=Side.ABOVE)
    above = absolute.log_e(requests=requests, events=events, rate=floor, side=Side.ABOVE)
    (equal,) = ratio.log_likelihood_ratios(
        strata, boundary=rules.promote_ratio, side=Side.BELOW, multiples=(rules.promote_ratio,)
    )
    not_worse = ratio.log_e(strata, boundary=rules.promote_ratio, side=Side.BELOW)
    below = absolute.log_e(requests=requests, events=events, rate=floor, side=Side.BELOW)
    staked = (equal + log(3 * _ON_EQUAL), not_worse + log(3 * _ON_ANY_RATIO), below + log(3 * _ON_FLOOR))
    return Evidence(harm=min(worse, above), promote=log_mean_exp(staked))


def _judge_kind(rules: Rules, kind: EventKind, strata: Sequence[Split], *, minutes: float) -> Finding:
    evidence = log_evidence(rules, kind, strata)
    total = Split(*(sum(column) for column in zip(*strata, strict=True))) if strata else Split(0, 0, 0, 0)
    verdict, why = _verdict(rules, evidence, total, minutes=minutes)
    return Finding(
        kind.value,
        verdict,
        f"{kind.value}: {_numbers(total)}: {why}" if strata else f"{kind.value}: {why}",
        log_e_harm=evidence.harm,
        harm_boundary=rules.harm_boundary,
        log_e_promote=evidence.promote,
        promote_boundary=rules.promote_boundary,
    )


def _verdict(rules: Rules, evidence: Evidence, total: Split, *, minutes: float) -> tuple[Verdict, str]:
    """The verdict on one kind, and why."""
    harm = f"odds of harm {odds(evidence.harm)}, {odds(rules.harm_boundary)} needed"
    promote = f"odds of good enough {odds(evidence.promote)}, {odds(rules.promote_boundary)} needed"
    if not min(total.challenger_requests, total.champion_requests):
        return Verdict.INCONCLUSIVE, "not counted in both variants yet"
    if evidence.harm >= rules.harm_boundary:
        if total.challenger_events >= rules.min_events:
            return Verdict.FAIL, f"worse than {rules.rollback_ratio:g} times the champion ({harm})"
        return Verdict.INCONCLUSIVE, f"looks worse, on fewer than {rules.min_events} events ({harm})"
    if evidence.promote < rules.promote_boundary:
        return Verdict.INCONCLUSIVE, f"not decided ({harm}; {promote})"
    if short := _too_little(rules, total, minutes=minutes):
        return Verdict.INCONCLUSIVE, f"{short} ({promote})"
    return Verdict.PASS, f"not {rules.promote_ratio:g} times worse, or under the floor ({promote})"


def _too_little(rules: Rules, total: Split, *, minutes: float) -> str | None:
    """What is missing before anything may pass."""
    if min(total.challenger_requests, total.champion_requests) < rules.min_requests:
        return f"fewer than {rules.min_requests} requests of a variant"
    return f"{minutes:g} of at least {rules.min_minutes:g} minutes" if minutes < rules.min_minutes else None


def _numbers(total: Split) -> str:
    return (
        f"{_share(total.challenger_events, total.challenger_requests)} of the challenger, "
        f"{_share(total.champion_events, total.champion_requests)} of the champion"
    )


def _share(events: float, requests: float) -> str:
    return f"{events:,} of {requests:,}" + (f" ({events / requests:.2%})" if requests else "")

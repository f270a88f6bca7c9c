"""What does a settled stage lack before the next may begin?

Nothing passes without data: a share grows only after the candidate has answered requests, and the last stage that
splits the traffic is left only when all evidence passes.
"""

from collections.abc import Callable
from datetime import datetime

from sluice.domain.evidence.agreement import SUBJECT
from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.rollout.stage import Kind
from sluice.domain.rollout.wording import minutes_in_words

METRICS = "metrics, which could not be read at this look"
_SHADOWS = "metrics or captured answers, which could not be read at this look"


def lacks(rollout: Rollout, findings: RolloutFindings, *, now: datetime) -> str | None:
    """The first thing that is lacking, in words; None when nothing is."""
    answers = (question(rollout, findings) for question in _QUESTIONS)
    return _time(rollout, now) or next((answer for answer in answers if answer), None)


def _time(rollout: Rollout, now: datetime) -> str | None:
    """The stage's shortest time; a bandit's shares change, and its time runs on."""
    began = rollout.compared_since if rollout.current.kind is Kind.BANDIT else rollout.settled_at
    spent = (now - (began or now)).total_seconds() / 60
    if spent >= rollout.current.minutes:
        return None
    return f"time: {minutes_in_words(max(spent, 0))} of at least {minutes_in_words(rollout.current.minutes)} are over"


def _person(rollout: Rollout, _: RolloutFindings) -> str | None:
    return "a person's approval (promote)" if rollout.current.kind is Kind.APPROVAL else None


def _preview(rollout: Rollout, findings: RolloutFindings) -> str | None:
    if rollout.current.kind is not Kind.PREVIEW:
        return None
    is_passed = findings.preview is not None and findings.preview.verdict is Verdict.PASS
    return None if is_passed else "right answers to recorded requests"


def _requests(rollout: Rollout, _: RolloutFindings) -> str | None:
    least = rollout.plan.rules.min_requests
    answered = sum(epoch.challenger.requests for epoch in rollout.evidence.epochs)
    if not rollout.current.compares or answered >= least:
        return None
    return f"requests: the candidate has answered {answered:,} of at least {least:,}"


def _metrics(rollout: Rollout, findings: RolloutFindings) -> str | None:
    if findings.is_current or not rollout.current.compares:
        return None
    return _SHADOWS if rollout.current.kind is Kind.SHADOW else METRICS


def _agreement(rollout: Rollout, findings: RolloutFindings) -> str | None:
    if rollout.current.min_agreement is None:
        return None
    found = findings.evidence.about(SUBJECT) if findings.evidence else None
    if found is None:
        return "answers of the shadow and the champion to compare"
    return None if found.verdict is Verdict.PASS else found.reason


def _reward(rollout: Rollout, findings: RolloutFindings) -> str | None:
    if not rollout.current.is_experiment:
        return None
    if findings.reward is None:
        return f"rewards for {rollout.current.goal}, of which there are none yet"
    return None if findings.reward.verdict is Verdict.PASS else findings.reward.reason


def _evidence(rollout: Rollout, findings: RolloutFindings) -> str | None:
    if not rollout.plan.needs_pass(rollout.stage) or findings.verdict is Verdict.PASS:
        return None
    return (findings.evidence and findings.evidence.reason) or "evidence, of which there is none yet"


_QUESTIONS: tuple[Callable[[Rollout, RolloutFindings], str | None], ...] = (
    _person,
    _preview,
    _requests,
    _metrics,
    _agreement,
    _reward,
    _evidence,
)

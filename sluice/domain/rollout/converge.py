"""What is done while endpoint or routing table are not as wanted? The effect is asked for, again and again.

The table is one's own to write at any time, and traffic follows it; the endpoint is asked to change only when it can.
An attempt is on record before the call, so that a crash between the two, or an update that SageMaker took back without
a word, is seen for what it is.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sluice.domain.rollout.abort import go_back
from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import decided, held, noted, turned, wait
from sluice.domain.rollout.decision import Decision, EntryKind, Serve
from sluice.domain.rollout.enter import install
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Hold, Position, Rollout, Stuck, Trouble
from sluice.domain.rollout.trouble import MOST_ATTEMPTS, UNSEEN, asked, failed, failure_of, is_given_up
from sluice.domain.rollout.wanted import lacking, table_is_as_wanted
from sluice.domain.rollout.wording import minutes_in_words, split, trouble_in_words

_PATIENCE = timedelta(minutes=15)


def refill(case: Case) -> Decision | None:
    """A slot that a deploy lost, because it read the endpoint too early, is filled again."""
    rollout, observed = case.rollout, case.observed
    lost = rollout.slots.keys() - observed.artifacts.keys()
    if not lost or observed.is_changing:
        return None
    reason = f"the slot {', '.join(sorted(lost))} was lost, as if by a deploy"
    if rollout.position is Position.STAGE:
        return install(case, rollout.stage, reason)
    if rollout.position is Position.BAKING:
        again = turned(case, Position.SWAPPING)
        return decided(
            case, again, EntryKind.RETRIED, f"{reason}: version {rollout.previous.version} is put there again"
        )
    return None


def converge(case: Case) -> Decision | None:
    """The effect that is lacking, or the wait for it; None when all is as wanted and nothing is under way."""
    effect = lacking(case.rollout, case.observed)
    if isinstance(effect, Serve):
        return _ask(case, effect)
    if effect is None:
        return wait(case, case.soon) if case.observed.is_changing else None
    if not table_is_as_wanted(case.rollout, case.observed):
        return replace(wait(case, case.soon), effect=effect)
    return wait(case, case.soon) if case.observed.is_changing else replace(_stuck(case), effect=effect)


def _stuck(case: Case) -> Decision:
    """People are told, once, of weights that do not come into effect; they are asked for all the same."""
    rollout = case.rollout
    if rollout.stuck is None:
        return replace(wait(case, case.soon), rollout=replace(rollout, stuck=Stuck(case.now)))
    if rollout.stuck.is_told or case.now < rollout.stuck.since + _PATIENCE:
        return wait(case, case.soon)
    waited = minutes_in_words((case.now - rollout.stuck.since).total_seconds() / 60)
    why = case.observed.failure_reason or (rollout.trouble and rollout.trouble.reason) or "SageMaker does not say why"
    says = f"{split(rollout.weights)} is not in effect after {waited}: {why}. It is asked for again at every look"
    told = noted(case, replace(rollout, stuck=replace(rollout.stuck, is_told=True)), EntryKind.WAITED, says)
    return replace(told, opens_incident=True)


def refused(rollout: Rollout, observed: Observed, why: str, *, now: datetime) -> Decision:
    """What to record when SageMaker refused, at once, the update that was just asked for."""
    case = Case(rollout, observed, RolloutFindings(), now)
    if rollout.trouble and rollout.trouble.reason == why:  # of weights, which every look asks for
        return wait(case, case.soon)
    return _noted(case, rollout.trouble or asked(None, now=now), why)


def _ask(case: Case, effect: Serve) -> Decision:
    """Once more, unless the endpoint is busy, the answer is not in yet, it is too early, or there were enough."""
    trouble, observed = case.rollout.trouble, case.observed
    if observed.is_changing:
        return wait(case, case.soon)
    if trouble is not None and trouble.is_open:
        failure = failure_of(trouble, observed.failure_reason, now=case.now)
        return _noted(case, trouble, failure) if failure else wait(case, trouble.again_at)
    if trouble is not None and _is_enough(case, trouble):
        return _give_up(case, trouble)
    if trouble is not None and case.now < trouble.again_at:
        return wait(case, trouble.again_at)
    attempt = asked(trouble, now=case.now, standing=observed.failure_reason)
    asks = noted(case, replace(case.rollout, trouble=attempt), EntryKind.RETRIED, trouble_in_words(attempt))
    return replace(asks, effect=effect)


def _noted(case: Case, trouble: Trouble, failure: str) -> Decision:
    known = failed(trouble, failure, now=case.now)
    return noted(case, replace(case.rollout, trouble=known), EntryKind.WAITED, trouble_in_words(known))


def _is_enough(case: Case, trouble: Trouble) -> bool:
    """Whether to stop asking: guardrails that took a change in place back have judged it, with traffic."""
    is_judged = _is_swap_in_place(case.rollout) and not trouble.is_capacity and trouble.reason != UNSEEN
    return is_judged or is_given_up(trouble)


def _give_up(case: Case, trouble: Trouble) -> Decision:
    rollout = case.rollout
    if rollout.position is Position.INSTALLING:
        return go_back(case, f"the candidate could not be installed in {MOST_ATTEMPTS} attempts: {trouble.reason}")
    if _is_swap_in_place(rollout):
        return go_back(case, f"SageMaker took the change in place back: {trouble.reason}")
    reason = f"the endpoint could not be changed in {MOST_ATTEMPTS} attempts: {trouble.reason}. Resume tries again"
    return held(case, Hold.TROUBLE, reason, opens_incident=True)


def _is_swap_in_place(rollout: Rollout) -> bool:
    return rollout.plan.is_in_place and rollout.position is Position.SWAPPING

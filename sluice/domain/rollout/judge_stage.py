"""Has a stage done its part? Then the next begins; undecided at the horizon, or in doubt, a person decides."""

from datetime import datetime, timedelta

from sluice.domain.evidence.agreement import SUBJECT
from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import decided, held, turned, wait
from sluice.domain.rollout.decision import Decision, EntryKind
from sluice.domain.rollout.enter import go_on
from sluice.domain.rollout.lacks import lacks
from sluice.domain.rollout.rollout import Hold, Position
from sluice.domain.rollout.settle import settled
from sluice.domain.rollout.stage import EVERYBODY, Kind
from sluice.domain.rollout.wording import minutes_in_words, split, stage_in_words
from sluice.domain.variant import CHALLENGER, CHAMPION

BANDIT_BATCH = timedelta(minutes=5)  # rewards move weights no more often: serving sees each for a while


def judge_stage(case: Case) -> Decision:
    """Hold, go on, follow the rewards, or wait."""
    if case.rollout.settled_at is None:
        return settled(case)
    doubt = _doubt(case)
    if doubt:
        return held(case, *doubt)
    missing = lacks(case.rollout, case.findings, now=case.now)
    if missing is None:
        return go_on(case, _done(case))
    if _is_past_horizon(case):
        horizon = minutes_in_words(case.rollout.plan.horizon_minutes)
        return held(case, Hold.UNDECIDED, f"undecided after the horizon of {horizon}: {missing}")
    return _follow_rewards(case) or wait(case, _wake_at(case))


def _doubt(case: Case) -> tuple[Hold, str] | None:
    """Why what is known cannot be judged at all."""
    findings = case.findings
    if findings.evidence and findings.evidence.verdict is Verdict.ERROR:
        return Hold.MISMATCH, findings.evidence.reason
    if findings.reward and findings.reward.verdict is Verdict.ERROR:
        return Hold.MISMATCH, findings.reward.reason
    is_preview = case.rollout.current.kind is Kind.PREVIEW
    if is_preview and findings.preview and findings.preview.verdict is Verdict.ERROR:
        return Hold.UNDECIDED, f"{findings.preview.reason}: promote goes on without them"
    return None


def _done(case: Case) -> str:
    """What a stage that is over has shown."""
    rollout, findings = case.rollout, case.findings
    minutes = minutes_in_words((case.now - (rollout.settled_at or case.now)).total_seconds() / 60)
    told = findings.preview if rollout.current.kind is Kind.PREVIEW else findings.evidence
    agreement = findings.evidence.about(SUBJECT) if findings.evidence else None
    shown = [each.reason for each in (told, agreement, findings.reward) if each and each.reason]
    return f"{stage_in_words(rollout.current)}: {minutes}" + (f"; {'; '.join(shown)}" if shown else "")


def _is_past_horizon(case: Case) -> bool:
    rollout = case.rollout
    if rollout.compared_since is None or not rollout.current.compares:
        return False
    return case.now >= rollout.compared_since + timedelta(minutes=rollout.plan.horizon_minutes)


def _follow_rewards(case: Case) -> Decision | None:
    """The shares of a bandit's next batch, none below the floor."""
    rollout, reward, stage = case.rollout, case.findings.reward, case.rollout.current
    is_early = case.now < (rollout.settled_at or case.now) + BANDIT_BATCH
    if stage.kind is not Kind.BANDIT or is_early or not case.findings.is_current:
        return None
    if reward is None or CHALLENGER not in reward.weights:
        return None
    percent = min(max(reward.weights[CHALLENGER], stage.floor_percent), EVERYBODY - stage.floor_percent)
    weights = {CHAMPION: EVERYBODY - percent, CHALLENGER: percent}
    if weights == rollout.weights:
        return None
    return decided(
        case,
        turned(case, Position.STAGE, weights=weights),
        EntryKind.SHIFTED,
        f"rewards for {stage.goal}: {reward.reason}; {split(weights)}",
    )


def _wake_at(case: Case) -> datetime | None:
    """The next minute has new counts; before there is anything to count, alarms and people wake the controller."""
    rollout = case.rollout
    if rollout.current.kind is Kind.APPROVAL and rollout.compared_since is None:
        return None
    end = (rollout.settled_at or case.now) + timedelta(minutes=rollout.current.minutes)
    return min(end, case.soon) if end > case.now else case.soon

"""What is a look told, once evidence has come to a verdict?"""

from datetime import datetime

from sluice.domain.evidence.finding import Verdict
from sluice.domain.rollout.findings import PreviewResult, RewardFinding, RolloutFindings
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.stage import Kind
from sluice.domain.variant import CHALLENGER, CHAMPION
from tests.rollout_builders import judged


def told_by(verdict: Verdict, record: Rollout, now: datetime) -> RolloutFindings:
    """Of evidence, watch, preview or rewards, whatever the position of the release asks for."""
    if record.position is Position.BAKING:
        watch = Verdict.FAIL if verdict is Verdict.FAIL else Verdict.INCONCLUSIVE
        return RolloutFindings(watch=judged(watch, f"the watch says {watch}"))
    if record.position is not Position.STAGE or not record.is_settled:
        return RolloutFindings()
    is_preview = record.current.kind is Kind.PREVIEW and verdict is not Verdict.INCONCLUSIVE
    wrong = ("nonsense",) if verdict is Verdict.FAIL else ()
    asked = PreviewResult(0 if verdict is Verdict.ERROR else 9, wrong) if is_preview else None
    percent = 10 + now.minute
    reward = RewardFinding(verdict, "rewards", {CHAMPION: 100 - percent, CHALLENGER: percent})
    has_evidence = record.compared_since is not None
    return RolloutFindings(
        evidence=judged(verdict, f"evidence says {verdict}") if has_evidence else None,
        preview=asked,
        reward=reward if record.current.is_experiment else None,
    )

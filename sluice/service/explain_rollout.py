"""Why is a rollout where it is, and what happens next? From its record and its audit, in sentences."""

from datetime import datetime

from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.domain.rollout.explain import explain
from sluice.domain.rollout.rollout import Rollout
from sluice.service.collect_evidence import judged
from sluice.service.weigh_rewards import weigh_rewards


def explain_rollout(rollout: Rollout, *, rollouts: Rollouts, rewards: Rewards, now: datetime) -> list[str]:
    """The sentences. Raises StoreUnavailable."""
    audit = rollouts.audit(rollout.model, rollout.id)
    findings = judged(rollout, now=now, reward=weigh_rewards(rollout, rewards, now=now))
    return explain(rollout, audit, findings, now)

"""What do rewards say in a stage of a rollout that they decide: an A/B test, or a bandit?

Candidate and previous version are compared as an experiment compares treatment and control: more of the goal is better,
silence counts as 0, and whether rewards are 0 or 1 or amounts, they show themselves.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from sluice.aws.rewards import Rewards
from sluice.domain.evidence.finding import Verdict
from sluice.domain.experiment.counted import Cells, batch_of, drawn, observe_counted, tables_of_two
from sluice.domain.experiment.experiment import Experiment, Phase
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.thompson import share
from sluice.domain.experiment.verdict import Verdict as Conclusion
from sluice.domain.experiment.verdict import conclude
from sluice.domain.feedback.bucket import bucket_of
from sluice.domain.feedback.item import LARGEST
from sluice.domain.feedback.totals import Totals
from sluice.domain.rollout.findings import RewardFinding
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.stage import Kind, Stage
from sluice.domain.variant import CHALLENGER, CHAMPION

_PAIR = (CHAMPION, CHALLENGER)
_EVEN = {CHAMPION: 50, CHALLENGER: 50}
_HORIZON_DAYS = 3650  # the plan has a horizon of its own
_VERDICTS: Mapping[Conclusion, Verdict] = {
    Conclusion.SHIP: Verdict.PASS,
    Conclusion.STOP: Verdict.FAIL,
    Conclusion.KEEP_GOING: Verdict.INCONCLUSIVE,
    Conclusion.HOLD: Verdict.ERROR,
}


def weigh_rewards(rollout: Rollout, rewards: Rewards, *, now: datetime) -> RewardFinding | None:
    """What rewards for the stage's goal say; None where they do not decide, or nothing has matured yet.

    Raises StoreUnavailable.
    """
    stage, since = rollout.current, rollout.compared_since
    if rollout.position is not Position.STAGE or not stage.is_experiment or since is None:
        return None
    versions = {CHAMPION: rollout.previous.version, CHALLENGER: rollout.candidate.version}
    until = now - timedelta(minutes=stage.maturation_minutes)
    cells = rewards.cells(rollout.model, stage.goal or "", start=since, end=until)
    taken = dict(drawn(cells, tables=tables_of_two(cells, _PAIR), versions=versions))
    if not taken:
        return None
    experiment = _as_experiment(rollout, _goal(stage, taken), stage)
    observation = observe_counted(experiment, taken, tables=tables_of_two(taken, _PAIR), versions=versions)
    hours = (bucket_of(until) - since) / timedelta(hours=1)
    outcomes = sum(observation.arm(variant).outcomes.n for variant in _PAIR)
    found = conclude(experiment, observation, outcomes_per_hour=outcomes / hours, now=now)
    weights = _weights(experiment, stage, taken, versions=versions, seed=f"{rollout.id}#{bucket_of(until):%Y%m%dT%H%M}")
    return RewardFinding(_VERDICTS[found.verdict], found.sentence, weights)


def _as_experiment(rollout: Rollout, goal: Goal, stage: Stage) -> Experiment:
    return Experiment(
        id=rollout.id,
        model=rollout.model,
        variants=_PAIR,
        weights=_EVEN,
        goal=goal,
        salt=rollout.id,
        requested_by=rollout.requested_by,
        horizon_days=_HORIZON_DAYS,
        maturation_minutes=stage.maturation_minutes,
        started_at=rollout.compared_since,
        phase=Phase.RUNNING,
    )


def _goal(stage: Stage, cells: Cells) -> Goal:
    """Rewards equal their squares only when all are 0 or 1."""
    everything = sum(cells.values(), Totals())
    name = stage.goal or ""
    if everything.total == everything.total_sq:
        return Goal(name)
    return Goal(name, GoalKind.MEAN, cap=LARGEST)


def _weights(
    experiment: Experiment, stage: Stage, cells: Cells, *, versions: Mapping[str, str], seed: str
) -> Mapping[str, int]:
    """Of a bandit's next batch: until more has matured, the same each time."""
    if stage.kind is not Kind.BANDIT:
        return {}
    beliefs = batch_of(experiment, cells, first_revision=0, versions=versions)
    rng = Random(seed)  # noqa: S311  a draw that can be made again
    shares = share(_PAIR, beliefs, goal=experiment.goal, floor_percent=stage.floor_percent, rng=rng)
    return shares.weights

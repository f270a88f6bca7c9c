"""How does an experiment stand: what has matured, what does it say, and what would other weights have earned?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.aws.experiments import Experiments
from sluice.aws.rewards import Rewards
from sluice.domain.draft import counted_as
from sluice.domain.errors import ExperimentRefused, PropensityMissing
from sluice.domain.experiment import interleaving
from sluice.domain.experiment.counted import Cells, drafted, observe_counted
from sluice.domain.experiment.experiment import Mode
from sluice.domain.experiment.interleaving import Duels
from sluice.domain.experiment.observation import Observation
from sluice.domain.experiment.off_policy import OffPolicy, estimate
from sluice.domain.experiment.run import Run
from sluice.domain.experiment.verdict import Conclusion, conclude
from sluice.domain.experiment.what_if import log_sums
from sluice.domain.feedback.bucket import bucket_of
from sluice.domain.rollout.decision import Entry


@dataclass(frozen=True, slots=True)
class Status:
    """One experiment at one moment.

    Attributes:
        run: Its record.
        observation: What has matured, by the weights it was seen under.
        conclusion: What that comes to.
        counted_until: Predictions made before this moment count.
        lists: Of interleaving: lists that both rankers drafted, or one of them when the other failed.
        duels: Of interleaving: who won how many of them. None of others.

    """

    run: Run
    observation: Observation
    conclusion: Conclusion
    counted_until: datetime
    lists: int = 0
    duels: Duels | None = None


def experiment_status(run: Run, *, experiments: Experiments, rewards: Rewards, now: datetime) -> Status:
    """Judge what has matured. Raises StoreUnavailable."""
    cells, audit, until = (
        _mature(run, rewards, now),
        experiments.audit(run.model, run.id),
        bucket_of(run.mature_until(now)),
    )
    if run.experiment.mode is Mode.INTERLEAVING:
        return _status_of_duels(run, cells, audit, until=until, now=now)
    observation = observe_counted(run.experiment, cells, tables=tables_of(audit), versions=run.versions)
    hours = max((until - bucket_of(run.requested_at)) / timedelta(hours=1), 0.0)
    outcomes = sum(observation.arm(variant).outcomes.n for variant in run.experiment.variants)
    found = conclude(run.experiment, observation, outcomes_per_hour=outcomes / hours if hours else 0.0, now=now)
    return Status(run, observation, found, until)


def _status_of_duels(run: Run, cells: Cells, audit: Sequence[Entry], *, until: datetime, now: datetime) -> Status:
    revisions = {entry.details["revision"] for entry in audit if "interleaving" in entry.details}
    lists = drafted(cells, revisions=revisions, versions=run.versions)
    duels = Duels.of(lists)
    found = interleaving.conclude(run.experiment, duels, now=now)
    return Status(run, Observation(), found, until, lists.exposures, duels)


def evaluate_policy(
    run: Run, policy: Mapping[str, int], *, experiments: Experiments, rewards: Rewards, now: datetime
) -> OffPolicy:
    """What other weights, whole percents by variant, would have earned in the experiment's time.

    Raises InvalidWeights for a policy that the experiment knows nothing of, PropensityMissing while there are no
    outcomes, ExperimentRefused where there never will be any, and StoreUnavailable.
    """
    if run.experiment.mode is Mode.INTERLEAVING:
        raise ExperimentRefused(
            f"experiment {run.id} compares rankers within each list: it tells who is chosen from, which its status "
            "shows, and nothing of what other weights would have earned"
        )
    tables = tables_of(experiments.audit(run.model, run.id))
    cells = _mature(run, rewards, now)
    sums = log_sums(run.experiment, cells, tables=tables, versions=run.versions, policy=policy)
    if not sums.n:
        raise PropensityMissing(f"no outcome of experiment {run.id} has matured yet: there is nothing to estimate from")
    return estimate(sums)


def tables_of(audit: Sequence[Entry]) -> dict[int, Mapping[str, int]]:
    """The weights of each routing table that an experiment wrote or accepted, by the table's revision.

    Tables by which only some of the variants answer compare nothing: one ends each experiment.
    """
    known = [entry.details for entry in audit if "revision" in entry.details]
    return {details["revision"]: details["weights"] for details in known if all(details["weights"].values())}


def _mature(run: Run, rewards: Rewards, now: datetime) -> Cells:
    """From the five minutes in which it was asked for: its own routing tables tell its answers from those before."""
    start, goal = bucket_of(run.requested_at), run.experiment.goal.name
    name = counted_as(goal) if run.experiment.mode is Mode.INTERLEAVING else goal
    return rewards.cells(run.model, name, start=start, end=run.mature_until(now))

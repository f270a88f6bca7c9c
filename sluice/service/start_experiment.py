"""Ask for an experiment: it is written down, and the controller brings its traffic about."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sluice.aws.experiments import Experiments
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.domain.errors import ExperimentRefused, InvalidExperiment, ModelNotFound, StaleWrite
from sluice.domain.experiment.experiment import Experiment, Mode
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.run import Run
from sluice.domain.ranking import scores_of
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.routing import Routing
from sluice.domain.variant import CHAMPION, in_order


@dataclass(frozen=True, slots=True)
class ExperimentRequest:
    """What is asked for.

    Attributes:
        model: Model name.
        weights: Whole percents by variant that it starts with, the champion's among them; they sum to 100. None for
            interleaving.
        goal: What decides.
        requested_by: Who asks: an ARN or a user's name.
        reason: Why, in their words.
        mode: Fixed weights, a bandit's, or two rankers in one list.
        variants: Of interleaving, instead of weights: the champion and the ranker that is compared with it.
        alpha: Chance of a wrong verdict.
        horizon_days: Undecided after these, a person decides.
        maturation_minutes: A prediction counts when it is older.
        covariate: Whether feedback brings a value known before (CUPED).
        floor_percent: Of a bandit: the least share of each variant.
        discount: Of a bandit: what a batch's rewards are worth when the next is in.
        every_minutes: Of a bandit: how long its weights stay, at least.

    """

    model: str
    weights: Mapping[str, int]
    goal: Goal
    requested_by: str
    reason: str = ""
    mode: Mode = Mode.FIXED
    variants: Collection[str] = ()
    alpha: float = 0.05
    horizon_days: float = 14
    maturation_minutes: float = 60
    covariate: bool = False
    floor_percent: int = 5
    discount: float = 1.0
    every_minutes: float = 5


def start_experiment(
    request: ExperimentRequest,
    *,
    experiments: Experiments,
    rollouts: Rollouts,
    routings: RoutingStore,
    new_id: Callable[[datetime], str],
    now: datetime,
) -> Run:
    """Write the experiment down. Raises ModelNotFound, InvalidExperiment, or ExperimentRefused with what to do instead.

    Its id is its salt: units are shuffled anew, independently of whatever was compared before.
    """
    routing = routings.get(request.model)
    if routing is None:
        raise ModelNotFound(f"{request.model} is not deployed: there is no traffic to divide")
    run = _run(request, routing, new_id(now), now)
    _check(run, routing, experiments, rollouts)
    details = {"weights": dict(run.weights), "versions": dict(run.versions), "goal": request.goal.to_dict()}
    entry = Entry(EntryKind.REQUESTED, request.requested_by, request.reason, now, details)
    try:
        return experiments.put(run, entry)
    except StaleWrite as taken:
        raise ExperimentRefused(f"there is an experiment {run.id} of {request.model} already") from taken


def _run(request: ExperimentRequest, routing: Routing, experiment_id: str, now: datetime) -> Run:
    experiment = Experiment(
        id=experiment_id,
        model=request.model,
        variants=tuple(in_order({*request.weights, *request.variants})),
        weights=request.weights,
        goal=request.goal,
        salt=experiment_id,
        requested_by=request.requested_by,
        alpha=request.alpha,
        horizon_days=request.horizon_days,
        covariate=request.covariate,
        mode=request.mode,
        maturation_minutes=request.maturation_minutes,
        floor_percent=request.floor_percent,
        discount=request.discount,
    )
    missing = [variant for variant in experiment.variants if variant not in routing.versions]
    if missing:
        raise InvalidExperiment(f"{request.model} has the variants {in_order(routing.versions)}, not {missing}")
    if experiment.mode is Mode.INTERLEAVING and not scores_of(routing.signature):
        raise InvalidExperiment(f"no output of {request.model} is a number a row: nothing can be ranked by it")
    return Run(
        experiment,
        versions={variant: routing.versions[variant] for variant in experiment.variants},
        requested_at=now,
        weights=dict(request.weights) or {CHAMPION: 100, **dict.fromkeys(experiment.treatments, 0)},
        before=dict(routing.weights),
        first_revision=routing.revision + 1,
        table_revision=routing.revision + 1,
        every_minutes=request.every_minutes,
        reason=request.reason,
        decided_by=request.requested_by,
    )


def _check(run: Run, routing: Routing, experiments: Experiments, rollouts: Rollouts) -> None:
    """Raise ExperimentRefused."""
    other = experiments.active(run.model)
    if other is not None:
        raise ExperimentRefused(f"experiment {other.id} of {run.model} is {other.experiment.phase}: stop it first")
    rollout = rollouts.active(run.model)
    if rollout is not None:
        raise ExperimentRefused(f"rollout {rollout.id} of {run.model} has the traffic: wait until it is over")
    versions = list(run.versions.values())
    if len(set(versions)) < len(versions):
        raise ExperimentRefused(f"variants that serve the same version have nothing to compare: {dict(run.versions)}")
    if routing.preview is not None:
        raise ExperimentRefused(f"{routing.preview.variant} is being shown to some callers first: end that before")

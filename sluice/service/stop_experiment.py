"""Tell an experiment that it ends; the controller obeys at its next look."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sluice.aws.experiments import Experiments
from sluice.domain.errors import ExperimentNotFound, ExperimentRefused, InvalidWeights
from sluice.domain.experiment.run import Run, Stop
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.variant import CHAMPION, check_weights


def find_experiment(model: str, experiment_id: str | None, experiments: Experiments) -> Run:
    """The experiment of that id, else the newest. Raises ExperimentNotFound."""
    if experiment_id is not None:
        found = experiments.get(model, experiment_id)
    else:
        found = next(iter(experiments.recent(model, 1)), None)
    if found is None:
        missing = f"there is no experiment {experiment_id} of" if experiment_id else "there has been no experiment of"
        raise ExperimentNotFound(f"{missing} {model}: `sluice experiment list` lists those there are")
    return found


def everything_to_the_champion(run: Run) -> dict[str, int]:
    """The traffic after an experiment unless somebody wants another."""
    return {CHAMPION: 100, **dict.fromkeys(run.experiment.treatments, 0)}


def stop_experiment(run: Run, stop: Stop, *, experiments: Experiments, now: datetime) -> Run:
    """Write the decision into the record; return it as written.

    Where somebody else has the traffic by now, it stays as they want it. Raises ExperimentRefused, InvalidWeights, and
    StaleWrite when the experiment has changed meanwhile.
    """
    if run.is_over:
        raise ExperimentRefused(f"experiment {run.id} is over: {run.reason}")
    if run.stop is not None:
        raise ExperimentRefused(f"experiment {run.id} is about to end, as {run.stop.actor} wants: look again shortly")
    if stop.weights is not None:
        _check(run, stop.weights)
    entry = Entry(EntryKind.COMMANDED, stop.actor, stop.reason, now, {"verb": "stop", "weights": stop.weights})
    return experiments.put(replace(run, stop=stop), entry)


def _check(run: Run, weights: Mapping[str, int]) -> None:
    check_weights(weights)
    unknown = sorted(weights.keys() - set(run.experiment.variants))
    if unknown:
        raise InvalidWeights(f"experiment {run.id} has the variants {list(run.experiment.variants)}, not {unknown}")

"""Look at a model's experiment: bring its traffic about, follow the rewards, or stop for a person.

Comes after the look at its rollouts, and only while none is under way: a release that begins has the endpoint, and the
next look sees that somebody else has the traffic.
"""

from datetime import datetime

from sluice.domain.errors import ChangeRefused, EndpointBusy
from sluice.domain.experiment.batch import Batch
from sluice.domain.experiment.counted import batch_of
from sluice.domain.experiment.run import Run
from sluice.domain.experiment.steer import Step, steer
from sluice.domain.feedback.bucket import BUCKET, complete_buckets
from sluice.service.hold_lease import hold_lease
from sluice.service.observe import Sight
from sluice.service.release_services import Services


def look_at_experiment(model: str, sight: Sight, services: Services, *, now: datetime) -> str | None:
    """What came of it, in words; None when there is no experiment. Safe to run at any time, any number of times.

    Raises StaleWrite, Overtaken, RoutingUnavailable or StoreUnavailable: then the next look tries again.
    """
    run = services.experiments.active(model)
    if run is None:
        return None
    step = steer(run, sight.observed, _batch(run, services, now), now=now)
    if step.run is run and step.table is None and step.weights is None:
        return f"experiment {run.id}: {run.reason}"
    with hold_lease(model, services, now=now) as fence:
        written = step.run if step.run is run else services.experiments.put(step.run, step.entry, fence=fence)
        return f"experiment {run.id}: {_perform(step, written, sight, services)}"


def _batch(run: Run, services: Services, now: datetime) -> Batch | None:
    """What has matured since a bandit's last batch, if it is time for one."""
    span = run.next_batch(now)
    if span is None:
        return None
    first, last = complete_buckets(*span)
    cells = services.rewards.cells(run.model, run.experiment.goal.name, start=first, end=last + BUCKET)
    rewards = batch_of(run.experiment, cells, first_revision=run.first_revision, versions=run.versions)
    return Batch(rewards, last + BUCKET)


def _perform(step: Step, run: Run, sight: Sight, services: Services) -> str:
    """The routing table first: nobody refuses it, and it decides where predictions go. Then the endpoint."""
    if step.table is not None:
        services.routings.put(step.table)
    if step.weights is not None:
        try:
            services.endpoints.set_weights(sight.endpoint, step.weights)
        except (EndpointBusy, ChangeRefused) as refused:  # asked for again by the next look
            return f"{run.reason}; {refused}"
    return run.reason

"""What becomes of an endpoint when it is asked to change, when a process reports, and when time passes?

Pure: each function takes the endpoint and the time and returns the next endpoint. Which processes should run follows
from ``Endpoint.fleets``; whoever holds the endpoint starts and stops what differs.

Statuses, refusals and the silent roll back are those of aws-facts A3 and A4 (BC:sagemaker/DescribeEndpointOutput,
COMM for the refusal's text, GH aws-controllers-k8s/sagemaker-controller#7 and #92 for the failed update). How long
AWS takes is minutes and mostly unpublished; the durations below are chosen to be seen and not to bore.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from local_cloud.sagemaker.change import Desired, Retention
from local_cloud.sagemaker.config import EndpointConfig, check_weights
from local_cloud.sagemaker.deployment import ALL_AT_ONCE, plan
from local_cloud.sagemaker.endpoint import Deployment, Endpoint, Fleet, Status, Variant
from local_cloud.sagemaker.refusal import Refused

SETTLING = timedelta(seconds=1)  # from the last variant's first healthy /ping to the first request it answers
RESCALING = timedelta(seconds=1)  # weights and instance counts taking effect, or being taken back
DELETING = timedelta(seconds=1)

_CHANGEABLE = (Status.IN_SERVICE, Status.UPDATE_ROLLBACK_FAILED)


def create(name: str, config: EndpointConfig, deployment: Mapping[str, Any] | None, *, now: datetime) -> Endpoint:
    """A new endpoint, Creating. A DeploymentConfig is only stored for later updates (aws-facts A3)."""
    first = Deployment(Fleet.of(1, config), ALL_AT_ONCE, started=now)
    return Endpoint(
        name,
        Status.CREATING,
        config,
        created=now,
        modified=now,
        started_fleets=1,
        deployment=first,
        deployment_config=deployment,
    )


def update(
    endpoint: Endpoint,
    config: EndpointConfig,
    retention: Retention,
    *,
    deployment: Mapping[str, Any] | None = None,
    retains_deployment: bool = False,
    now: datetime,
) -> Endpoint:
    """UpdateEndpoint: a new fleet is started beside the live one. Raises Refused."""
    check_idle(endpoint)
    guardrails = endpoint.deployment_config if retains_deployment and deployment is None else deployment
    number = endpoint.started_fleets + 1
    fleet = _retained(Fleet.of(number, config), endpoint.live, retention)
    check_weights({variant.name: variant.desired_weight for variant in fleet.variants})
    return replace(
        endpoint,
        status=Status.UPDATING,
        modified=now,
        started_fleets=number,
        deployment=Deployment(fleet, plan(guardrails, endpoint.config, config), started=now),
        failure_reason=None,
        deployment_config=guardrails or endpoint.deployment_config,
    )


def rescale(endpoint: Endpoint, changes: Sequence[Desired], *, now: datetime) -> Endpoint:
    """UpdateEndpointWeightsAndCapacities: desired at once, current after a while. Raises Refused.

    Weights of any variants, or the capacity of one, per call (aws-facts A4,
    BC:sagemaker/UpdateEndpointWeightsAndCapacities). The text for unknown variants is moto's, AWS's is UNSURE.
    """
    check_idle(endpoint)
    if endpoint.live is None or endpoint.leftover is not None:
        raise Refused(f'Endpoint "{endpoint.arn}" in status {endpoint.status} needs an UpdateEndpoint first.')
    names = [change.variant for change in changes]
    unknown = sorted(set(names) - {variant.name for variant in endpoint.live.variants})
    if unknown:
        raise Refused(
            f'The variant name(s) "{", ".join(unknown)}" is/are not present within endpoint configuration '
            f'"{endpoint.config.name}".'
        )
    if len(set(names)) < len(names):
        raise Refused("A variant name was non-unique within the request.")
    if sum(change.instances is not None for change in changes) > 1:
        raise Refused("The capacity of only one variant can be changed in one request.")
    variants = _desired(endpoint.live.variants, {change.variant: change for change in changes})
    check_weights({variant.name: variant.desired_weight for variant in variants})
    return _rescaling(endpoint, variants, Status.UPDATING, now)


def refuse_capacity(endpoint: Endpoint, *, now: datetime) -> Endpoint:
    """The capacity asked for is not to be had: RollingBack, then InService as before (aws-facts A4)."""
    if endpoint.live is None or endpoint.status is not Status.UPDATING or endpoint.deployment is not None:
        return endpoint
    undone = tuple(variant.undone() for variant in endpoint.live.variants)
    return _rescaling(endpoint, undone, Status.ROLLING_BACK, now)


def maintain(endpoint: Endpoint, lasting: timedelta, *, now: datetime) -> Endpoint:
    """AWS's own maintenance: serves, but refuses changes until it ends (aws-facts A4). Raises Refused if not idle."""
    check_idle(endpoint)
    return replace(endpoint, status=Status.SYSTEM_UPDATING, modified=now, settles_at=now + lasting)


def delete(endpoint: Endpoint, *, now: datetime) -> Endpoint:
    """DeleteEndpoint: no more answers; gone when ``elapse`` returns None. Raises Refused."""
    if endpoint.status is not Status.FAILED:
        check_idle(endpoint)
    return replace(endpoint, status=Status.DELETING, modified=now, live=None, leftover=None, settles_at=now + DELETING)


def variant_ready(endpoint: Endpoint, fleet: int, variant: str, *, now: datetime) -> Endpoint:
    """A new fleet's process passed /ping; reports about any other fleet change nothing."""
    deployment = endpoint.deployment
    if deployment is None or deployment.fleet.number != fleet or deployment.next_at is not None:
        return endpoint
    ready = deployment.ready | {variant}
    is_complete = ready == {spec.name for spec in deployment.fleet.config.processes}
    next_at = now + SETTLING if is_complete else None
    return replace(endpoint, deployment=replace(deployment, ready=ready, next_at=next_at))


def fail(endpoint: Endpoint, fleet: int, reason: str, *, now: datetime, can_roll_back: bool = True) -> Endpoint:
    """The creation or update of this fleet failed: a process that will not start, an alarm, the time limit.

    A creation leaves the endpoint Failed. An update returns it to InService on the OLD config with FailureReason. A
    rolling update that cannot be taken back either leaves both fleets answering: UpdateRollbackFailed.
    """
    deployment = endpoint.deployment
    if deployment is None or deployment.fleet.number != fleet:
        return endpoint
    failed = replace(endpoint, modified=now, deployment=None, failure_reason=reason)
    if endpoint.live is None:
        return replace(failed, status=Status.FAILED)
    if deployment.plan.is_rolling and deployment.step and not can_roll_back:
        return replace(failed, status=Status.UPDATE_ROLLBACK_FAILED, leftover=(deployment.fleet, deployment.share))
    return replace(failed, status=_resting(endpoint))


def elapse(endpoint: Endpoint, *, now: datetime) -> Endpoint | None:
    """What time alone changes; None when a deleted endpoint is gone."""
    if endpoint.settles_at is not None and endpoint.settles_at <= now:
        if endpoint.status is Status.DELETING:
            return None
        return _settled(endpoint)
    deployment = endpoint.deployment
    while deployment is not None and deployment.next_at is not None and deployment.next_at <= now:
        endpoint = _stepped(endpoint, deployment, deployment.next_at)
        deployment = endpoint.deployment
    if deployment is not None and deployment.plan.limit and now - deployment.started >= deployment.plan.limit:
        reason = "The deployment exceeded MaximumExecutionTimeoutInSeconds."
        return fail(endpoint, deployment.fleet.number, reason, now=now)
    return endpoint


def check_idle(endpoint: Endpoint) -> None:
    """Raise Refused unless the endpoint may be changed: one operation at a time (aws-facts A4, COMM)."""
    if endpoint.status is Status.FAILED:
        raise Refused(f'Cannot update failed endpoint "{endpoint.arn}": DeleteEndpoint is the only operation allowed.')
    if endpoint.status not in _CHANGEABLE:
        raise Refused(f'Cannot update in-progress endpoint "{endpoint.arn}".')


def _retained(fleet: Fleet, live: Fleet | None, retention: Retention) -> Fleet:
    known = {} if live is None else {variant.name: variant for variant in live.variants}
    changes = {
        name: Desired(
            name,
            weight=variant.desired_weight if retention.keeps("DesiredWeight") else None,
            instances=variant.desired_instances if retention.keeps("DesiredInstanceCount") else None,
        )
        for name, variant in known.items()
    }
    return replace(fleet, variants=tuple(variant.settled() for variant in _desired(fleet.variants, changes)))


def _desired(variants: Sequence[Variant], changes: Mapping[str, Desired]) -> tuple[Variant, ...]:
    def desired(variant: Variant) -> Variant:
        change = changes.get(variant.name, Desired(variant.name))
        return replace(
            variant,
            desired_weight=variant.desired_weight if change.weight is None else change.weight,
            desired_instances=variant.desired_instances if change.instances is None else change.instances,
        )

    return tuple(map(desired, variants))


def _rescaling(endpoint: Endpoint, variants: tuple[Variant, ...], status: Status, now: datetime) -> Endpoint:
    live = None if endpoint.live is None else replace(endpoint.live, variants=variants)
    return replace(endpoint, status=status, modified=now, live=live, settles_at=now + RESCALING)


def _settled(endpoint: Endpoint) -> Endpoint:
    live = endpoint.live
    if live is not None:
        live = replace(live, variants=tuple(variant.settled() for variant in live.variants))
    status = Status.IN_SERVICE if endpoint.leftover is None else Status.UPDATE_ROLLBACK_FAILED
    return replace(
        endpoint, status=status, modified=endpoint.settles_at or endpoint.modified, live=live, settles_at=None
    )


def _resting(endpoint: Endpoint) -> Status:
    return Status.IN_SERVICE if endpoint.leftover is None else Status.UPDATE_ROLLBACK_FAILED


def _stepped(endpoint: Endpoint, deployment: Deployment, now: datetime) -> Endpoint:
    """The next step of the plan, or, after the last one's bake, the new fleet alone."""
    if deployment.step < len(deployment.plan.steps):
        step = deployment.plan.steps[deployment.step]
        moved = replace(deployment, step=deployment.step + 1, next_at=now + step.bake)
        return replace(endpoint, deployment=moved)
    return replace(
        endpoint,
        status=Status.IN_SERVICE,
        config=deployment.fleet.config,
        modified=now,
        live=deployment.fleet,
        leftover=None,
        deployment=None,
    )

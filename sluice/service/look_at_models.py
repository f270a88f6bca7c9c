"""What does an event make the controller do? Start what was approved, look at the models, tidy up once an hour."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sluice.aws.registry import Registry
from sluice.domain.errors import SluiceError
from sluice.domain.release_event import approval_told_by, is_scheduled, models_named_by
from sluice.service.collect_garbage import collect_garbage
from sluice.service.hear_approval import hear_approval
from sluice.service.reconcile import Look, reconcile
from sluice.service.release_services import Services
from sluice.telemetry import Dimension, Metric, record

_LOG = logging.getLogger(__name__)
_TIDY_AT_MINUTE = 17
_AT_ONCE = 8  # an SDK's client keeps ten connections
_T = TypeVar("_T")


class LooksFailed(SluiceError):
    """Some models could not be looked at; the others were."""


@dataclass(frozen=True, slots=True)
class Controller:
    """What a deployment's controller looks after, and with what.

    Attributes:
        deployment: Name of the deployment.
        models: Names of its models.
        services: Everything outside.
        registry: Registered versions.

    """

    deployment: str
    models: Sequence[str]
    services: Services
    registry: Registry


def look_at_models(event: Mapping[str, Any], controller: Controller, *, now: datetime) -> list[Look]:
    """React to an event. Safe to repeat. Raises LooksFailed when all is done that could be done."""
    models = models_named_by(event, deployment=controller.deployment, models=controller.models)
    looks: list[Look] = []
    for model, look in _each(models, lambda model: _look(model, event, controller, now)):
        if look is not None:
            record({Dimension.MODEL: model}, {Metric.CONTROLLER_LOOKS: 1}, outcome=look.outcome)
            for slot, instances in look.instances.items():
                record({Dimension.MODEL: model, Dimension.VARIANT: slot}, {Metric.INSTANCES: instances})
            looks.append(look)
    looked_at = {look.model for look in looks}
    failed = set(models) - looked_at
    if is_scheduled(event) and now.minute == _TIDY_AT_MINUTE:
        failed |= _tidy(looked_at, controller, now)
    if failed:
        raise LooksFailed(f"{', '.join(sorted(failed))}: the log says why")
    return looks


def _look(model: str, event: Mapping[str, Any], controller: Controller, now: datetime) -> Look:
    services, approval = controller.services, approval_told_by(event)
    if approval is not None:
        group, registry = f"{controller.deployment}-{model}", controller.registry
        hear_approval(approval, model=model, group=group, services=services, registry=registry, now=now)
    return reconcile(model, services, now=now)


def _tidy(models: Iterable[str], controller: Controller, now: datetime) -> set[str]:
    """The models of which that failed."""
    failed = set()
    for model, deleted in _each(models, lambda model: collect_garbage(model, controller.services, now=now)):
        if deleted is None:
            failed.add(model)
        else:
            _LOG.info("release.tidied model=%s deleted=%s", model, deleted)
    return failed


def _each(models: Iterable[str], act: Callable[[str], _T]) -> Iterator[tuple[str, _T | None]]:
    """What comes of an act for each model, as it comes; None where it failed: what is wrong with one is its own.

    In threads, so that nobody waits for a model that is slow to answer a preview. They share the clients of AWS, which
    may be shared, and ``Endpoints``' memory of models, which never change. Whoever asks gets the answers in its own
    thread: a metric is a line of standard output, and ``print`` writes a line in two pieces.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        acts = {pool.submit(act, model): model for model in models}
        for done in as_completed(acts):
            failed = done.exception()
            if failed is None:
                yield acts[done], done.result()
            elif isinstance(failed, Exception):
                _LOG.error("release.look_failed model=%s", acts[done], exc_info=failed)
                yield acts[done], None
            else:
                raise failed

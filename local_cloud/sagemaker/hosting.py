"""Who holds the endpoints? One lock, one tick, and after every change the processes and routes that follow from it."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from local_cloud.context import CloudContext
from local_cloud.sagemaker import transitions
from local_cloud.sagemaker.artifact import Container
from local_cloud.sagemaker.change import Desired, Retention
from local_cloud.sagemaker.config import EndpointConfig
from local_cloud.sagemaker.endpoint import Endpoint
from local_cloud.sagemaker.fault import Fault, FaultKind
from local_cloud.sagemaker.fleets import Fleets
from local_cloud.sagemaker.refusal import Refused, arn
from local_cloud.sagemaker.route import Route

_NO_CAPACITY = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."


class Hosting:
    """All endpoints. Every method may be called from any thread; only ``stop`` waits for anything.

    ``container`` finds a model's container by the model's name; ``gone`` is told of each endpoint that is no more.

    Attributes:
        routes: Where requests go, by endpoint name; replaced as a whole, so that reading it needs no lock.

    """

    def __init__(
        self,
        context: CloudContext,
        container: Callable[[str], Container],
        command: Sequence[str],
        *,
        gone: Callable[[str], None],
    ) -> None:
        self._clock = context.clock
        self._gone = gone
        self._fleets = Fleets(context, container, command, ready=self._ready, failed=self.fail)
        self._lock = threading.RLock()
        self._endpoints: dict[str, Endpoint] = {}
        self._unannounced: list[Endpoint] = []
        self._refusals: Counter[str] = Counter()
        self._is_stopped = False
        self.routes: Mapping[str, Route] = {}

    def find(self, name: str) -> Endpoint:
        """The endpoint, whatever the case of its name (aws-facts A4, BC:sagemaker/CreateEndpointInput).

        Raises Refused: there is no ResourceNotFound for endpoints (aws-facts A1, COMM).
        """
        try:
            return self._endpoints[name.lower()]
        except KeyError:
            raise Refused(f'Could not find endpoint "{arn("endpoint", name)}".') from None

    def all(self) -> list[Endpoint]:
        """Every endpoint."""
        with self._lock:
            return list(self._endpoints.values())

    def create(self, name: str, config: EndpointConfig, deployment: Mapping[str, Any] | None) -> Endpoint:
        """CreateEndpoint. Raises Refused."""
        with self._lock:
            if name.lower() in self._endpoints:
                raise Refused(f'Cannot create already existing endpoint "{arn("endpoint", name)}".')
            endpoint = transitions.create(name, config, deployment, now=self._clock.now())
            self._become(name, endpoint)
            self._provision(endpoint)
            return endpoint

    def update(
        self,
        name: str,
        config: EndpointConfig,
        retention: Retention,
        deployment: Mapping[str, Any] | None,
        *,
        retains_deployment: bool,
    ) -> None:
        """UpdateEndpoint. Raises Refused."""
        with self._lock:
            changed = transitions.update(
                self.find(name),
                config,
                retention,
                deployment=deployment,
                retains_deployment=retains_deployment,
                now=self._clock.now(),
            )
            self._become(name, changed)
            self._provision(changed)

    def rescale(self, name: str, changes: Sequence[Desired]) -> None:
        """UpdateEndpointWeightsAndCapacities. Raises Refused."""
        with self._lock:
            self.change(name, partial(transitions.rescale, changes=changes))
            live = self.find(name).live
            grows = live is not None and any(v.desired_instances > v.current_instances for v in live.variants)
            if grows and self._takes_refusal(name):
                self.change(name, transitions.refuse_capacity)

    def delete(self, name: str) -> None:
        """DeleteEndpoint. Raises Refused."""
        self.change(name, transitions.delete)

    def fail(self, name: str, fleet: int, reason: str) -> None:
        """A new fleet failed; said of any other it changes nothing."""
        with self._lock:
            if name.lower() not in self._endpoints:
                return
            deployment = self.find(name).deployment
            is_stuck = deployment is not None and deployment.plan.is_rolling and self._takes_refusal(name)
            self.change(name, partial(transitions.fail, fleet=fleet, reason=reason, can_roll_back=not is_stuck))

    def inflict(self, fault: Fault) -> None:
        """A fault of an endpoint or a process. Raises KeyError or Refused when there is none such."""
        if fault.kind is FaultKind.CRASH:
            self._fleets.crash(fault.endpoint, fault.variant or "")
        elif fault.kind is FaultKind.CAPACITY:
            self._refusals[fault.endpoint.lower()] += fault.count or 1
        else:
            self.change(fault.endpoint, partial(transitions.maintain, lasting=timedelta(seconds=fault.value)))

    def change(self, name: str, transition: Callable[..., Endpoint | None]) -> None:
        """Apply a transition, which is given the endpoint and ``now``. Raises what it raises, and Refused."""
        with self._lock:
            self._become(name, transition(self.find(name), now=self._clock.now()))

    def elapse(self) -> None:
        """Let time do what it does."""
        for endpoint in self.all():
            with self._lock:
                if endpoint.name.lower() in self._endpoints:
                    self.change(endpoint.name, transitions.elapse)

    def take_unannounced(self) -> list[Endpoint]:
        """Endpoints as they were each time their status changed, since the last call."""
        with self._lock:
            taken, self._unannounced = self._unannounced, []
            return taken

    def stop(self) -> None:
        """End all processes and wait until they are gone; from now on nothing changes."""
        with self._lock:
            self._is_stopped = True
            self.routes = {}
        self._fleets.stop()

    def _ready(self, name: str, fleet: int, variant: str) -> None:
        with self._lock:
            if name.lower() in self._endpoints:
                self.change(name, partial(transitions.variant_ready, fleet=fleet, variant=variant))

    def _become(self, name: str, endpoint: Endpoint | None) -> None:
        key = name.lower()
        before = self._endpoints.get(key)
        if endpoint is before or self._is_stopped:
            return
        if endpoint is None:
            del self._endpoints[key]
            self._gone(name)
            return
        self._endpoints[key] = endpoint
        if before is None or before.status is not endpoint.status:
            self._unannounced.append(endpoint)
        self._fleets.match(endpoint)
        routes = {name: route for name, route in self.routes.items() if name != endpoint.name}
        if endpoint.serving:
            routes[endpoint.name] = Route.to(endpoint, partial(self._fleets.process, endpoint.name))
        self.routes = routes

    def _provision(self, endpoint: Endpoint) -> None:
        if self._takes_refusal(endpoint.name):
            self.change(endpoint.name, partial(transitions.fail, fleet=endpoint.started_fleets, reason=_NO_CAPACITY))

    def _takes_refusal(self, name: str) -> bool:
        key = name.lower()
        is_refused = self._refusals[key] > 0
        self._refusals[key] -= is_refused
        return is_refused

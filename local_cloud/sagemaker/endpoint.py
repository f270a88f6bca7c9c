"""What is an endpoint at one moment: its status, the fleets that answer, and the change under way?

Values only; ``transitions`` says how one becomes the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from local_cloud.sagemaker.config import EndpointConfig, ProductionVariant
from local_cloud.sagemaker.deployment import Plan
from local_cloud.sagemaker.refusal import arn


class Status(StrEnum):
    """EndpointStatus; a member's name is how events spell it (aws-facts A4, A12)."""

    CREATING = "Creating"
    UPDATING = "Updating"
    SYSTEM_UPDATING = "SystemUpdating"
    ROLLING_BACK = "RollingBack"
    IN_SERVICE = "InService"
    FAILED = "Failed"
    DELETING = "Deleting"
    UPDATE_ROLLBACK_FAILED = "UpdateRollbackFailed"


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant of a fleet: what it was declared as, what is asked of it, and what is in effect."""

    spec: ProductionVariant
    desired_weight: float
    current_weight: float
    desired_instances: int
    current_instances: int

    @classmethod
    def of(cls, spec: ProductionVariant) -> Self:
        """With the initial weight and count of its config."""
        return cls(spec, spec.weight, spec.weight, spec.instances, spec.instances)

    @property
    def name(self) -> str:
        """The variant's name."""
        return self.spec.name

    def settled(self) -> Self:
        """What was asked for is in effect."""
        return replace(self, current_weight=self.desired_weight, current_instances=self.desired_instances)

    def undone(self) -> Self:
        """What was asked for is withdrawn."""
        return replace(self, desired_weight=self.current_weight, desired_instances=self.current_instances)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The processes of one config: one per variant, however many instances the variant counts.

    Attributes:
        number: Counts up from 1 over an endpoint's life; names the fleet.
        config: What it was started from.
        variants: Production variants, in the config's order.
        shadow: The shadow variant.

    """

    number: int
    config: EndpointConfig
    variants: tuple[Variant, ...]
    shadow: Variant | None

    @classmethod
    def of(cls, number: int, config: EndpointConfig) -> Self:
        """With the initial weights and counts of its config."""
        shadow = None if config.shadow is None else Variant.of(config.shadow)
        return cls(number, config, tuple(map(Variant.of, config.variants)), shadow)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A new fleet on its way in.

    Attributes:
        fleet: The new fleet.
        plan: How traffic moves to it.
        started: When the call was made.
        ready: Names of the variants that have passed /ping.
        step: How many of the plan's steps have been taken; 0 while it gets no traffic.
        next_at: When the next step is due; None until all variants are ready.

    """

    fleet: Fleet
    plan: Plan
    started: datetime
    ready: frozenset[str] = frozenset()
    step: int = 0
    next_at: datetime | None = None

    @property
    def share(self) -> float:
        """Of all requests, what the new fleet answers; 0 to 1."""
        return self.plan.steps[self.step - 1].share if self.step else 0.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    Attributes:
        name: At most 63 characters.
        status: EndpointStatus.
        config: The config of EndpointConfigName: the live fleet's, or the first one's while that is not live yet.
        created: When CreateEndpoint was called; aware.
        modified: When anything last changed; aware.
        started_fleets: How many fleets there ever were; the next one's number is one more.
        live: The fleet of EndpointConfigName; None before the first one is in service and once it is being deleted.
        deployment: The creation or update under way.
        leftover: After a failed roll back: a second fleet that answers, and its share of the requests.
        settles_at: When the weight change, maintenance or deletion under way ends.
        failure_reason: Why the last creation or update failed.
        deployment_config: LastDeploymentConfig.

    """

    name: str
    status: Status
    config: EndpointConfig
    created: datetime
    modified: datetime
    started_fleets: int = 0
    live: Fleet | None = None
    deployment: Deployment | None = None
    leftover: tuple[Fleet, float] | None = None
    settles_at: datetime | None = None
    failure_reason: str | None = None
    deployment_config: Mapping[str, Any] | None = None

    @property
    def arn(self) -> str:
        """Its ARN, lower-cased."""
        return arn("endpoint", self.name)

    @property
    def serving(self) -> tuple[tuple[Fleet, float], ...]:
        """The fleets that answer requests and their shares, which sum to 1; empty when nothing answers."""
        if self.live is None:
            return ()
        fleets = [(self.live, 1.0)]
        if self.leftover is not None:
            fleets = [(self.live, 1 - self.leftover[1]), self.leftover]
        if self.deployment is not None:
            share = self.deployment.share
            fleets = [(fleet, part * (1 - share)) for fleet, part in fleets] + [(self.deployment.fleet, share)]
        return tuple((fleet, share) for fleet, share in fleets if share > 0)

    @property
    def fleets(self) -> tuple[Fleet, ...]:
        """Every fleet whose processes should be running."""
        pending = () if self.deployment is None else (self.deployment.fleet,)
        leftover = () if self.leftover is None else (self.leftover[0],)
        return (*(() if self.live is None else (self.live,)), *leftover, *pending)

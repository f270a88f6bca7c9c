"""What is known about a stack: its resources, how they came about, and what it tells others?"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_cloud.cloudformation.resource import Live, ResourceType


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource as a template asks for it, its functions worked out.

    Attributes:
        dependencies: The logical ids it must not outlive.
        retained_when: The events that it survives: "Delete", "Replace", "Create" (the undoing of its creation).

    """

    logical_id: str
    kind: str
    type: ResourceType
    properties: dict[str, Any]
    dependencies: frozenset[str] = frozenset()
    retained_when: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Deployed:
    """A resource of a stack as it was last created or updated; ``name`` is the one given to it or made up for it."""

    declared: Declared
    name: str
    live: Live

    @property
    def logical_resource_id(self) -> str:
        """The logical id, under the name moto's responses look for; so are the next two."""
        return self.declared.logical_id

    @property
    def physical_resource_id(self) -> str:
        """What ``Ref`` gives."""
        return self.live.physical_id

    @property
    def cf_resource_type(self) -> str:
        """The type's CloudFormation name."""
        return self.declared.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a stack's history; the names are those of the DescribeStackEvents API."""

    stack_id: str
    stack_name: str
    logical_resource_id: str
    physical_resource_id: str
    resource_type: str
    resource_status: str
    resource_status_reason: str | None
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Output:
    """A value the stack tells; ``export_name`` when other stacks may import it."""

    output_key: str
    output_value: str
    description: str | None = None
    export_name: str | None = None


@dataclass(slots=True)
class Stack:
    """A stack; its plain attributes are named as in the DescribeStacks API.

    Attributes:
        template: The body it was last given.
        stack_parameters: Parameter values it was last given, or their defaults, before any look-up.
        imports: Exports of other stacks that it uses.

    """

    stack_id: str
    name: str
    template: str
    tags: dict[str, str]
    stack_parameters: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    status: str = "REVIEW_IN_PROGRESS"
    stack_status_reason: str | None = None
    resources: dict[str, Deployed] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    creation_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_updated_time: datetime | None = None
    deletion_time: datetime | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and not self.is_new

    @property
    def is_new(self) -> bool:
        """Whether nothing but a change set has made it."""
        return self.status == "REVIEW_IN_PROGRESS"

    @property
    def parameters(self) -> list[dict[str, str]]:
        """The parameters as DescribeStacks lists them."""
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in self.stack_parameters.items()]

    @property
    def stack_resources(self) -> list[Deployed]:
        """The resources as the DescribeStackResources API lists them."""
        return list(self.resources.values())

    def differs(self, template: str, parameters: Mapping[str, str], tags: Mapping[str, str]) -> bool:
        """Whether any of these is not what the stack was last given."""
        return (template, parameters, tags) != (self.template, self.stack_parameters, self.tags)

    def enter(self, status: str, reason: str | None = None) -> None:
        """The stack as a whole is now in ``status``."""
        self.tell("AWS::CloudFormation::Stack", self.name, status, of=self.stack_id, reason=reason)
        self.stack_status_reason = reason
        self.status = status

    def tell(self, kind: str, logical_id: str, status: str, *, of: str = "", reason: str | None = None) -> None:
        """Something of the stack, physically ``of``, is now in ``status``."""
        event = Event(
            stack_id=self.stack_id,
            stack_name=self.name,
            logical_resource_id=logical_id,
            physical_resource_id=of,
            resource_type=kind,
            resource_status=status,
            resource_status_reason=reason,
        )
        self.events.append(event)

"""What is a resource type here, and which ones does the local cloud know?

A type is a class with ``create``, ``update`` and ``delete``, each made of real API calls, under its CloudFormation
name in ``REGISTRY``. A type that is not there is refused; a property that no API takes is refused; a property that
is left aside on purpose stands in the type's ``ignored`` with the reason. Tags reach a resource when it is created:
a changed tag alone updates nothing here.
"""

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from local_cloud.cloudformation.calls import Calls, UnknownProperty

_ALPHABET = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Live:
    """A resource as it exists.

    Attributes:
        physical_id: What ``Ref`` gives.
        attributes: What ``Fn::GetAtt`` gives, by attribute.

    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One resource to create, update or delete.

    Attributes:
        call: Calls an API with properties, coerced and checked.
        stack_id: The stack's ARN.
        name: The name the template gives the resource, else one made from the stack's name and the logical id.
        name_property: The property that holds it.
        properties: Resolved; when deleting, those it was last created or updated with.
        previous: Those it has before an update; empty otherwise.
        live: What exists; None when creating.
        made: For ``create`` to call as soon as something exists, so that a failure later on deletes it.

    """

    call: Calls
    stack_id: str
    logical_id: str
    kind: str
    name: str
    properties: dict[str, Any]
    name_property: str = ""
    previous: dict[str, Any] = field(default_factory=dict)
    live: Live | None = None
    made: Callable[[Live], None] = lambda _: None

    @property
    def existing(self) -> Live:
        """What exists, when updating or deleting."""
        if self.live is None:
            raise LookupError(f"{self.logical_id} does not exist yet")
        return self.live

    @property
    def physical_id(self) -> str:
        """What ``Ref`` gives for the resource that is updated or deleted."""
        return self.existing.physical_id

    @property
    def named(self) -> dict[str, Any]:
        """The properties with the name filled in."""
        return {**self.properties, self.name_property: self.name}

    def only(self, *names: str) -> dict[str, Any]:
        """Those of these properties that are there."""
        return {key: value for key, value in self.properties.items() if key in names}

    def without(self, *names: str) -> dict[str, Any]:
        """The properties but these: for those that another call takes."""
        return {key: value for key, value in self.properties.items() if key not in names}

    def changed(self, *names: str) -> bool:
        """Whether any of these properties differs from what it was."""
        return any(self.properties.get(name) != self.previous.get(name) for name in names)

    def expect(self, *names: str) -> None:
        """Raise UnknownProperty for any other property: where no API's shape checks them."""
        if unknown := sorted(self.properties.keys() - set(names)):
            raise UnknownProperty(f"{self.kind} has no property {', '.join(unknown)} here")


class Handler(Protocol):
    """What makes, changes and deletes the resources of a type."""

    def create(self, request: Request) -> Live:
        """Make it; returns when it is ready to use."""

    def update(self, request: Request) -> Live:
        """Change it in place; an answer with another physical id means that the old one is to be deleted."""

    def delete(self, request: Request) -> None:
        """Delete it."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A handler and what CloudFormation knows about its type.

    Attributes:
        name_property: The property that names the resource; empty when AWS always chooses.
        name_limit: The longest name that may be made up for it.
        lower_case: Whether that name must be.
        replaced_by: Properties whose change makes CloudFormation replace the resource.
        ignored: Properties without effect here, and why.
        has_tags: Whether ``Tags`` is AWS's own property, whose change alone updates nothing here.

    """

    handler: Handler
    name_property: str = ""
    name_limit: int = 128
    lower_case: bool = False
    replaced_by: frozenset[str] = frozenset()
    ignored: Mapping[str, str] = field(default_factory=dict)
    has_tags: bool = True

    def effective(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties that have an effect here."""
        return {key: value for key, value in properties.items() if key not in self.ignored}

    def differs(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
        """The properties whose change needs an update or a replacement."""
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        return changed - {"Tags"} if self.has_tags else changed

    def made_up_name(self, stack_name: str, logical_id: str) -> str:
        """A name as CloudFormation makes them: STACK-LOGICALID-RANDOM, its middle cut out when too long."""
        tail = "-" + "".join(secrets.choice(_ALPHABET) for _ in range(12))
        head, room = f"{stack_name}-{logical_id}", self.name_limit - len(tail)
        if len(head) > room:
            head = head[: room // 2] + head[-(room - room // 2) :]
        name = head.strip("-") + tail
        return name.lower() if self.lower_case else name


REGISTRY: dict[str, ResourceType] = {}

_Class = TypeVar("_Class", bound=type[Handler])


def resource(
    kind: str,
    *,
    name: str = "",
    name_limit: int = 128,
    lower_case: bool = False,
    replaced_by: str = "",
    ignored: Mapping[str, str] | None = None,
) -> Callable[[_Class], _Class]:
    """Enter a handler into ``REGISTRY`` as the type ``kind``; ``replaced_by`` is a list separated by blanks."""

    def enter(handler: _Class) -> _Class:
        names = frozenset(replaced_by.split()) | ({name} if name else set())
        REGISTRY[kind] = ResourceType(handler(), name, name_limit, lower_case, names, ignored or {})
        return handler

    return enter

"""What would a template change about a stack, and what is kept until somebody says go?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_cloud.cloudformation.engine import Asked
from local_cloud.cloudformation.plan import Plan
from local_cloud.cloudformation.stack import Stack
from local_cloud.cloudformation.template import parse

_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that would be touched; the names are those of the API."""

    action: str
    logical_resource_id: str
    resource_type: str


@dataclass(slots=True)
class ChangeSet:
    """A change set; its plain attributes are named as in the DescribeChangeSet API."""

    change_set_id: str
    change_set_name: str
    stack: Stack
    plan: Plan
    asked: Asked
    changes: list[Change] = field(init=False)
    creation_time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.changes = _changes(_declarations(self.stack), self.plan.template["Resources"])

    @property
    def stack_id(self) -> str:
        """The stack's ARN."""
        return self.stack.stack_id

    @property
    def stack_name(self) -> str:
        """The stack's name."""
        return self.stack.name

    @property
    def is_empty(self) -> bool:
        """Whether it would change nothing."""
        return not self.stack.is_new and not self.stack.differs(
            self.asked.template, self.plan.parameters, self.asked.tags
        )

    @property
    def status(self) -> str:
        """CREATE_COMPLETE, or FAILED when it is empty."""
        return "FAILED" if self.is_empty else "CREATE_COMPLETE"

    @property
    def status_reason(self) -> str | None:
        """Why it failed; the CDK CLI knows this text."""
        return _NO_CHANGES if self.is_empty else None

    @property
    def execution_status(self) -> str:
        """Whether it can be executed."""
        return "UNAVAILABLE" if self.is_empty else "AVAILABLE"

    @property
    def parameters(self) -> dict[str, str]:
        """The texts of the template's parameters."""
        return self.plan.parameters


def _declarations(stack: Stack) -> Mapping[str, Any]:
    before: Mapping[str, Any] = {} if stack.is_new else parse(stack.template)["Resources"]
    return before


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The changes one can see in the templates; what references carry along comes out only when it is executed."""
    added = [Change("Add", name, after[name]["Type"]) for name in after if name not in before]
    gone = [Change("Remove", name, before[name]["Type"]) for name in before if name not in after]
    modified = [
        Change("Modify", name, after[name]["Type"]) for name in after if name in before and after[name] != before[name]
    ]
    return [*added, *modified, *gone]

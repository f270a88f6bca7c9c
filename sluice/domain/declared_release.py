"""What does a deployment say about a model's releases? Its endpoint's shape, the usual plan, what may be tidied up."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from sluice.domain.endpoint_config import Declaration
from sluice.domain.rollout.plan import Plan
from sluice.domain.variant import CHAMPION


class OnApproval(StrEnum):
    """What an approved model package does."""

    START = "start"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class DeclaredRelease:
    """The record ``DECLARATION`` of a model, written by each deployment.

    Attributes:
        model: Model name.
        declaration: The endpoint's shape.
        plan: What a rollout goes through unless it brings a plan of its own.
        declared_slots: The slots sluice.yaml declares: they are not taken down.
        routing_seconds: How long those who answer predictions hold an old routing table.
        on_approval: What an approved model package does.
        keeps: How many endpoint configs that nothing refers to are kept.
        sensitive: Inputs whose values are written down nowhere.
        config_name: The endpoint config CloudFormation names, and goes back to; None when it is not known.

    """

    model: str
    declaration: Declaration
    plan: Plan | None = None
    declared_slots: frozenset[str] = frozenset({CHAMPION})
    routing_seconds: float = 5
    on_approval: OnApproval = OnApproval.IGNORE
    keeps: int = 3
    sensitive: frozenset[str] = frozenset()
    config_name: str | None = None

    @property
    def endpoint(self) -> str:
        """Endpoint name."""
        return self.declaration.endpoint

    @classmethod
    def from_dict(cls, model: str, form: Mapping[str, Any]) -> Self:
        """Read the JSON form, as the stack hands it to its custom resource.

        Raises KeyError, ValueError, InvalidPlan.
        """
        return cls(
            model=model,
            declaration=Declaration.from_dict(form["endpoint"], form["declaration"]),
            plan=Plan.from_dict(form["plan"]) if form.get("plan") else None,
            declared_slots=frozenset(form["declared_slots"]),
            routing_seconds=float(form["routing_seconds"]),
            on_approval=OnApproval(form["on_approval"]),
            keeps=int(form["keeps"]),
            sensitive=frozenset(form.get("sensitive", ())),
            config_name=form.get("config_name"),
        )

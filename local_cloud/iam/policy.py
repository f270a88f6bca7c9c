"""Do these policy statements allow this action on this resource, and which rule decided?

Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements". What is not known here is refused by
`UnsupportedPolicy`: it never guesses an answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from local_cloud.iam.condition import Context, holds, several
from local_cloud.iam.wildcard import UnsupportedPolicy, matches

Statement = Mapping[str, Any]


class Effect(StrEnum):
    """How a request was decided; everything but ALLOWED is a refusal."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller wants.

    Attributes:
        action: ``service:Operation``, compared without regard to case.
        resource: The ARN, or ``*`` for an action that has no resource; compared with regard to case.
        context: Condition keys (in any case) and the request's one or several values.

    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and, in AWS's words, why."""

    effect: Effect
    reason: str

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.effect is Effect.ALLOWED


def evaluate(statements: Iterable[Statement], request: Request) -> Decision:
    """Any matching Deny wins, then any matching Allow; no match is a refusal.

    Raises:
        UnsupportedPolicy: A statement uses an element this evaluator does not know.

    """
    effects = {statement["Effect"] for statement in statements if _applies(statement, request)}
    if "Deny" in effects:
        return Decision(Effect.EXPLICIT_DENY, "with an explicit deny in an identity-based policy")
    if "Allow" in effects:
        return Decision(Effect.ALLOWED, f"an identity-based policy allows the {request.action} action")
    return Decision(Effect.IMPLICIT_DENY, f"because no identity-based policy allows the {request.action} action")


def _applies(statement: Statement, request: Request) -> bool:
    return (
        _names(statement, "Action", request.action, ignore_case=True)
        and _names(statement, "Resource", request.resource, ignore_case=False)
        and holds(statement.get("Condition", {}), request.context)
    )


def _names(statement: Statement, element: str, text: str, *, ignore_case: bool) -> bool:
    """The element or its Not… form, of which a statement has exactly one."""
    negated = f"Not{element}"
    if (element in statement) == (negated in statement):
        raise UnsupportedPolicy(f"a statement needs either {element} or {negated}: {dict(statement)}")
    patterns = statement.get(element, statement.get(negated))
    named = any(matches(one, text, ignore_case=ignore_case) for one in several(patterns))
    return named if element in statement else not named

"""Which grants did no call need, and which calls were refused?"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from local_cloud.iam.condition import several
from local_cloud.iam.policy import Statement
from local_cloud.iam.wildcard import matches


@dataclass(frozen=True, slots=True)
class Use:
    """One permission that a call needed, and whether it was granted."""

    action: str
    resource: str
    allowed: bool


class UsageLog:
    """Remembers every distinct use; its ``record`` is what ``guard.install`` takes as ``on_call``. Thread-safe."""

    def __init__(self) -> None:
        self._uses: dict[Use, None] = {}
        self._lock = threading.Lock()

    def record(self, action: str, resource: str, allowed: bool) -> None:  # noqa: FBT001  the shape of on_call
        """Remember this use, once."""
        with self._lock:
            self._uses.setdefault(Use(action, resource, allowed))

    @property
    def uses(self) -> list[Use]:
        """In the order of their first appearance."""
        with self._lock:
            return list(self._uses)


def denied(uses: Iterable[Use]) -> list[Use]:
    """The uses that were refused."""
    return [use for use in uses if not use.allowed]


def unused(statements: Iterable[Statement], uses: Iterable[Use]) -> list[str]:
    """Granted actions, as the statements write them, that no allowed use needed; sorted.

    A grant counts as used when its action and one of its resources match a use.
    Statements that deny, or that allow everything but a list (``NotAction``), name nothing that could be taken back.
    """
    allowed = [use for use in uses if use.allowed]
    grants = [one for one in statements if one["Effect"] == "Allow" and "Action" in one]
    return sorted(
        {action for grant in grants for action in several(grant["Action"]) if not _used(grant, action, allowed)}
    )


def _used(grant: Statement, action: str, uses: Iterable[Use]) -> bool:
    resources = several(grant.get("Resource", "*"))
    return any(
        matches(action, use.action, ignore_case=True) and any(matches(one, use.resource) for one in resources)
        for use in uses
    )

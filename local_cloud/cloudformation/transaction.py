"""How does a stack get from what it is to what a plan asks for, or back again when a resource fails?"""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any

from local_cloud.cloudformation.calls import Calls
from local_cloud.cloudformation.operations import Operations, ResourceFailed
from local_cloud.cloudformation.plan import Plan, Types, with_resources
from local_cloud.cloudformation.stack import Declared, Deployed, Stack
from local_cloud.cloudformation.template import TemplateError, resolve

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One thing done to a resource, kept so that it can be undone; created when there was nothing ``before``."""

    before: Deployed | None
    after: Deployed

    @property
    def made_another(self) -> bool:
        """Whether something new exists, beside whatever was before."""
        return self.before is None or self.before.live.physical_id != self.after.live.physical_id


class Transaction:
    """One creation or update of a stack.

    ``apply`` raises ResourceFailed or TemplateError once the resources under way have come to rest; then ``undo``
    brings the stack back. After success ``clean_up`` deletes what was replaced or is no longer asked for.

    Attributes:
        imports: Exports of other stacks used so far.
        scope: Resolves everything, resources included.

    """

    def __init__(self, stack: Stack, plan: Plan, *, types: Types, call: Calls, imported: Callable[[str], str]) -> None:
        self.imports: set[str] = set()
        self.scope = with_resources(
            plan.scope, reference=self._reference, attribute=self._attribute, imported=self._import
        )
        self._stack, self._plan, self._types, self._imported = stack, plan, types, imported
        self._operations = Operations(stack, call)
        self._before = dict(stack.resources)
        self._changes: list[Change] = []
        self._lock = threading.Lock()

    def apply(self) -> None:
        """Create and update, several at once, each resource after those it refers to."""
        sorter = self._plan.sorter()
        sorter.prepare()
        failure: BaseException | None = None
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="cloudformation") as pool:
            while running or (sorter.is_active() and not failure):
                if not failure:
                    running |= {pool.submit(self._bring_about, name): name for name in sorter.get_ready()}
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    sorter.done(running.pop(future))
                    failure = failure or future.exception()
        if failure:
            raise failure

    def clean_up(self) -> list[str]:
        """Delete what is no longer asked for and what was replaced; returns what could not be deleted, and why."""
        dropped = [old for name, old in self._before.items() if name not in self._plan.declarations]
        replaced = [change.before for change in self._changes if change.before and change.made_another]
        failures = delete_all(self._operations, dropped, policy="Delete")
        failures += delete_all(self._operations, replaced, policy="Replace")
        for old in dropped:
            self._stack.resources.pop(old.declared.logical_id, None)
        return failures

    def undo(self) -> list[str]:
        """Bring back what was before, latest first; returns the failures."""
        failures = []
        for change in reversed(self._changes):
            try:
                self._undo(change)
            except ResourceFailed as failure:
                failures.append(str(failure))
        return failures

    def _bring_about(self, name: str) -> None:
        declared, old = self._declared(name), self._before.get(name)
        try:
            new = self._changed(declared, old)
        except ResourceFailed as failure:
            if failure.left:
                self._record(Change(old, failure.left))
            raise
        if new is not old:
            self._record(Change(old, new))
        self._stack.resources[name] = replace(new, declared=declared)

    def _changed(self, declared: Declared, old: Deployed | None) -> Deployed:
        if old is None or old.declared.kind != declared.kind:
            return self._operations.create(declared, replaces=old)
        differing = declared.type.differs(old.declared.properties, declared.properties)
        if not differing:
            return old
        if differing & declared.type.replaced_by:
            return self._operations.create(declared, replaces=old)
        return self._operations.update(old, declared)

    def _declared(self, name: str) -> Declared:
        declaration = self._plan.declarations[name]
        kind = declaration["Type"]
        known = self._types(kind)
        if known is None:
            raise ResourceFailed(f"{name}: {kind} is not known")
        try:
            properties = resolve(declaration.get("Properties", {}), self.scope)
        except TemplateError as error:
            self._stack.tell(kind, name, "CREATE_FAILED", reason=str(error))
            raise
        dependencies = frozenset(self._plan.dependencies[name])
        return Declared(name, kind, known, known.effective(properties), dependencies, _retained_when(declaration))

    def _undo(self, change: Change) -> None:
        name = change.after.declared.logical_id
        if not change.made_another and change.before:
            self._stack.resources[name] = self._operations.update(change.after, change.before.declared)
            return
        if change.before:
            self._stack.resources[name] = change.before
        else:
            self._stack.resources.pop(name, None)
        if failures := delete_all(self._operations, [change.after], policy="Create"):
            raise ResourceFailed(failures[0])

    def _record(self, change: Change) -> None:
        with self._lock:
            self._changes.append(change)

    def _reference(self, name: str) -> str:
        return self._existing(name).live.physical_id

    def _attribute(self, name: str, attribute: str) -> Any:
        attributes = self._existing(name).live.attributes
        if attribute not in attributes:
            kind = self._existing(name).declared.kind
            raise TemplateError(
                f"Template error: resource {name} ({kind}) does not support attribute type {attribute} in Fn::GetAtt"
            )
        return attributes[attribute]

    def _existing(self, name: str) -> Deployed:
        if name not in self._stack.resources:
            raise TemplateError(f"Template error: {name} is not a resource of this stack")
        return self._stack.resources[name]

    def _import(self, name: str) -> str:
        value = self._imported(name)
        self.imports.add(name)
        return value


def delete_all(operations: Operations, resources: Iterable[Deployed], *, policy: str) -> list[str]:
    """Delete resources, each before those it depends on; returns the failures.

    Those whose policy is to survive the event ``policy`` are left.
    """
    by_name = {old.declared.logical_id: old for old in resources}
    order = TopologicalSorter({name: old.declared.dependencies & by_name.keys() for name, old in by_name.items()})
    failures = []
    for name in reversed(list(order.static_order())):
        if policy in by_name[name].declared.retained_when:
            operations.skip(by_name[name])
        elif failure := operations.delete(by_name[name]):
            failures.append(failure)
    return failures


def _retained_when(declaration: Mapping[str, Any]) -> frozenset[str]:
    """The events that the resource survives: "Create" is the undoing of its creation."""
    on_delete, on_replace = declaration.get("DeletionPolicy"), declaration.get("UpdateReplacePolicy")
    return frozenset(
        ({"Delete", "Create"} if on_delete == "Retain" else set())
        | ({"Delete"} if on_delete == "RetainExceptOnCreate" else set())
        | ({"Replace"} if on_replace == "Retain" else set())
    )

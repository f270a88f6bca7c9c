"""What happens to a stack, from the request until it is at rest?"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from local_cloud.cloudformation.calls import Calls, text
from local_cloud.cloudformation.operations import Operations
from local_cloud.cloudformation.plan import Plan, Types
from local_cloud.cloudformation.stack import Output, Stack
from local_cloud.cloudformation.template import TemplateError, condition, resolve
from local_cloud.cloudformation.transaction import Transaction, delete_all

# A request is answered when the stack is at rest, or after so many seconds: the CDK CLI then asks every 5 seconds.
_ANSWER_AFTER_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Words:
    """What CloudFormation calls the stages of an operation."""

    doing: str
    done: str
    undoing: str
    undone: str
    stuck: str


_CREATE = Words("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
_UPDATE = Words(
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a stack is to become, as the request gave it."""

    template: str
    tags: dict[str, str]


class Engine:
    """Carries out operations on stacks, each in its own thread.

    ``imported`` gives the value of an export; ``importers`` names the stacks that use one.
    """

    def __init__(
        self,
        types: Types,
        call: Calls,
        *,
        imported: Callable[[str], str],
        importers: Callable[[str], list[str]],
    ) -> None:
        self._types, self._call, self._imported, self._importers = types, call, imported, importers

    def create(self, stack: Stack, plan: Plan, asked: Asked) -> None:
        """Make a new stack; ends in CREATE_COMPLETE, ROLLBACK_COMPLETE or ROLLBACK_FAILED."""
        stack.template = asked.template
        stack.enter(_CREATE.doing, "User Initiated")
        self._start(lambda: self._carry_out(stack, plan, asked, _CREATE))

    def update(self, stack: Stack, plan: Plan, asked: Asked) -> None:
        """Change a stack; ends in UPDATE_COMPLETE, UPDATE_ROLLBACK_COMPLETE or UPDATE_ROLLBACK_FAILED."""
        stack.enter(_UPDATE.doing, "User Initiated")
        stack.last_updated_time = datetime.now(UTC)
        self._start(lambda: self._carry_out(stack, plan, asked, _UPDATE))

    def delete(self, stack: Stack, *, then: Callable[[], None]) -> None:
        """Delete a stack; ends in DELETE_COMPLETE, after which ``then`` is called, or in DELETE_FAILED."""
        stack.enter("DELETE_IN_PROGRESS", "User Initiated")
        self._start(lambda: self._delete(stack, then))

    @staticmethod
    def _start(work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="cloudformation", daemon=True)
        thread.start()
        thread.join(_ANSWER_AFTER_SECONDS)

    def _carry_out(self, stack: Stack, plan: Plan, asked: Asked, words: Words) -> None:
        transaction = Transaction(stack, plan, types=self._types, call=self._call, imported=self._imported)
        try:
            transaction.apply()
            outputs = self._outputs(stack, plan, transaction)
        except Exception as failure:  # noqa: BLE001  the thread's outermost edge: the stack must come to rest
            stack.enter(words.undoing, str(failure))
            failures = transaction.undo()
            stack.enter(words.stuck if failures else words.undone, "; ".join(failures) or None)
            return
        stack.template, stack.tags, stack.stack_parameters = asked.template, asked.tags, plan.parameters
        stack.outputs, stack.imports = outputs, transaction.imports
        stack.description = plan.template.get("Description")
        if words is _UPDATE:
            stack.enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        stack.enter(words.done, "; ".join(transaction.clean_up()) or None)

    def _outputs(self, stack: Stack, plan: Plan, transaction: Transaction) -> list[Output]:
        """What the stack tells from now on; raises TemplateError when another stack's imports forbid it."""
        outputs = []
        for key, declared in plan.template.get("Outputs", {}).items():
            if "Condition" not in declared or condition(declared["Condition"], plan.scope):
                value: Mapping[str, object] = resolve(declared, transaction.scope)
                export = value.get("Export")
                outputs.append(
                    Output(
                        key,
                        text(value["Value"]),
                        text(value["Description"]) if "Description" in value else None,
                        text(export["Name"]) if isinstance(export, dict) else None,
                    )
                )
        self._check_exports(stack, {o.export_name: o.output_value for o in outputs if o.export_name})
        return outputs

    def _check_exports(self, stack: Stack, exports: Mapping[str, str]) -> None:
        for old in stack.outputs:
            name = old.export_name
            if name and exports.get(name) != old.output_value and (users := self._importers(name)):
                raise TemplateError(f"Cannot update export {name} as it is in use by {', '.join(users)}")

    def _delete(self, stack: Stack, then: Callable[[], None]) -> None:
        for output in stack.outputs:
            if output.export_name and (users := self._importers(output.export_name)):
                reason = f"Cannot delete export {output.export_name} as it is in use by {', '.join(users)}"
                stack.enter("DELETE_FAILED", reason)
                return
        operations = Operations(stack, self._call)
        failures = delete_all(operations, stack.resources.values(), policy="Delete")
        if failures:
            stack.enter("DELETE_FAILED", "; ".join(failures))
            return
        stack.resources.clear()
        stack.deletion_time = datetime.now(UTC)
        stack.enter("DELETE_COMPLETE")
        then()

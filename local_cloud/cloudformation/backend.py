"""How does moto's CloudFormation API reach our engine? Its backend is replaced by one that keeps our stacks."""

from collections.abc import Callable, Mapping
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import CloudFormationBackend, cloudformation_backends
from moto.cloudformation.urls import url_bases, url_paths
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id

from local_cloud.cloudformation.calls import Calls
from local_cloud.cloudformation.change_set import ChangeSet
from local_cloud.cloudformation.engine import Asked, Engine
from local_cloud.cloudformation.plan import Plan, Types, plan
from local_cloud.cloudformation.stack import Output, Stack
from local_cloud.cloudformation.template import TemplateError


class _Urls:
    """The module moto looks for beside a backend."""

    url_bases, url_paths = url_bases, url_paths


class StackBackend(CloudFormationBackend):  # type: ignore[misc]  # moto is untyped here
    """Moto's backend of one account and region, its stacks kept by our engine."""

    def __init__(self, region_name: str, account_id: str, *, types: Types, call: Calls) -> None:
        super().__init__(region_name, account_id)
        self._types, self._call = types, call
        self.engine = Engine(types, call, imported=self._imported, importers=self._importers)

    @property
    def _url_module(self) -> Any:
        return _Urls

    def reset(self) -> None:
        """Forget all stacks."""
        self.stacks.clear()
        self.deleted_stacks.clear()
        self.change_sets.clear()

    def create_stack(
        self, name: str, template: str, parameters: dict[str, str], tags: dict[str, str] | None = None, **_: Any
    ) -> Stack:
        """CreateStack."""
        if any(stack.name == name for stack in self.stacks.values()):
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        stack_id = generate_stack_id(name, self.region_name, self.account_id)
        asked = Asked(template, tags or {})
        planned = self._plan(stack_id, asked, parameters)
        stack = Stack(stack_id, name, template, asked.tags, planned.parameters)
        self.stacks[stack_id] = stack
        self.engine.create(stack, planned, asked)
        return stack

    def update_stack(  # noqa: PLR0917  moto's signature
        self,
        name: str,
        template: str,
        role_arn: str | None,  # noqa: ARG002  the root deploys here
        parameters: list[dict[str, Any]],
        tags: dict[str, str] | None,
    ) -> Stack:
        """UpdateStack."""
        stack: Stack = self.get_stack(name)
        _check_at_rest(stack, "updated")
        given = {
            each["ParameterKey"]: stack.stack_parameters[each["ParameterKey"]]
            if each.get("UsePreviousValue")
            else each["ParameterValue"]
            for each in parameters
        }
        asked = Asked(template, stack.tags if tags is None else tags)
        planned = self._plan(stack.stack_id, asked, given)
        if not stack.differs(template, planned.parameters, asked.tags):
            raise ValidationError(message="No updates are to be performed.")
        self.engine.update(stack, planned, asked)
        return stack

    def delete_stack(self, name_or_stack_id: str) -> None:
        """DeleteStack; deleting what is not there is no error."""
        stack = next((s for s in self.stacks.values() if name_or_stack_id in {s.name, s.stack_id}), None)
        if stack is None:
            return
        _check_at_rest(stack, "deleted")
        self.engine.delete(stack, then=lambda: self._bury(stack))

    def list_exports(self, tokenstr: str | None) -> tuple[list[dict[str, str]], str | None]:  # noqa: ARG002  one page
        """ListExports."""
        exports = [
            {"ExportingStackId": stack.stack_id, "Name": str(output.export_name), "Value": output.output_value}
            for stack, output in self._exported()
        ]
        return exports, None

    def create_change_set(  # noqa: PLR0917  moto's signature
        self,
        stack_name: str,
        change_set_name: str,
        template: str,
        parameters: dict[str, str],
        change_set_type: str,
        tags: dict[str, str] | None = None,
        **_: Any,
    ) -> tuple[str, str]:
        """CreateChangeSet; for a new stack it makes one that waits in REVIEW_IN_PROGRESS."""
        if change_set_type == "UPDATE":
            stack: Stack = self.get_stack(stack_name)
        else:
            stack = self._reviewed(stack_name)
        asked = Asked(template, stack.tags if tags is None else tags)
        planned = self._plan(stack.stack_id, asked, parameters)
        self.stacks[stack.stack_id] = stack
        change_set_id = generate_changeset_id(change_set_name, self.region_name, self.account_id)
        self.change_sets[change_set_id] = ChangeSet(change_set_id, change_set_name, stack, planned, asked)
        return change_set_id, stack.stack_id

    def describe_change_set(self, change_set_name: str) -> ChangeSet:
        """DescribeChangeSet."""
        found = self._change_set(change_set_name)
        if found is None:
            raise ValidationError(message=f"ChangeSet [{change_set_name}] does not exist")
        return found

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:  # noqa: ARG002
        """ExecuteChangeSet."""
        change_set = self.describe_change_set(change_set_name)
        if change_set.is_empty:
            raise ValidationError(message=str(change_set.status_reason))
        _check_at_rest(change_set.stack, "updated")
        operation = self.engine.create if change_set.stack.is_new else self.engine.update
        self.change_sets.pop(change_set.change_set_id)
        operation(change_set.stack, change_set.plan, change_set.asked)

    def delete_change_set(self, change_set_name: str) -> None:
        """DeleteChangeSet; deleting what is not there is no error."""
        if found := self._change_set(change_set_name):
            self.change_sets.pop(found.change_set_id)

    def _change_set(self, name_or_id: str) -> ChangeSet | None:
        """The latest of that name: moto does not tell us of which stack."""
        matching = [c for c in self.change_sets.values() if name_or_id in {c.change_set_id, c.change_set_name}]
        return matching[-1] if matching else None

    def _reviewed(self, name: str) -> Stack:
        """The stack of that name that nothing but change sets has made, or a new one."""
        existing: Stack | None = next((s for s in self.stacks.values() if s.name == name), None)
        if existing and existing.is_new:
            return existing
        if existing:
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        stack_id = generate_stack_id(name, self.region_name, self.account_id)
        stack = Stack(stack_id, name, "", {})
        stack.enter("REVIEW_IN_PROGRESS", "User Initiated")
        return stack

    def _plan(self, stack_id: str, asked: Asked, given: Mapping[str, str]) -> Plan:
        try:
            return plan(asked.template, given, stack_id=stack_id, types=self._types, stored=self._stored)
        except TemplateError as error:
            raise ValidationError(message=str(error)) from error

    def _stored(self, name: str) -> str:
        ssm = self._call.client("ssm")
        try:
            return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        except ssm.exceptions.ParameterNotFound as error:
            raise TemplateError(f"Unable to fetch parameters [{name}] from parameter store") from error

    def _bury(self, stack: Stack) -> None:
        self.deleted_stacks[stack.stack_id] = self.stacks.pop(stack.stack_id)

    def _exported(self) -> list[tuple[Stack, Output]]:
        return [(s, output) for s in self.stacks.values() for output in s.outputs if output.export_name]

    def _imported(self, name: str) -> str:
        values = [output.output_value for _, output in self._exported() if output.export_name == name]
        if not values:
            raise TemplateError(f"No export named {name} found")
        return values[0]

    def _importers(self, name: str) -> list[str]:
        return [stack.name for stack in self.stacks.values() if name in stack.imports]


def replace_backend(types: Types, call: Calls) -> Callable[[], None]:
    """Have every CloudFormation backend made from now on keep our stacks; the answer puts moto's own class back."""

    def make(region_name: str, account_id: str) -> StackBackend:
        return StackBackend(region_name, account_id, types=types, call=call)

    cloudformation_backends.backend = make
    cloudformation_backends.clear()

    def restore() -> None:
        cloudformation_backends.backend = CloudFormationBackend
        cloudformation_backends.clear()

    return restore


def _check_at_rest(stack: Stack, what: str) -> None:
    if stack.is_busy:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be {what}.")

"""How are state machines made?"""

import json
from typing import Any

from local_cloud.cloudformation.resource import Live, Request, resource


@resource(
    "AWS::StepFunctions::StateMachine",
    name="StateMachineName",
    name_limit=80,
    replaced_by="StateMachineType",
)
class StateMachine:
    """A state machine; ``Ref`` is its ARN. Its executions are moto's, which reads no bucket for a Distributed Map."""

    def create(self, request: Request) -> Live:
        """CreateStateMachine."""
        request.expect("StateMachineName", "StateMachineType", "DefinitionString", "RoleArn", "Tags")
        properties = request.properties
        machine = {"name": request.name, **_settings(request), **request.only("Tags")}
        if "StateMachineType" in properties:
            machine["type"] = properties["StateMachineType"]
        arn = request.call("stepfunctions", "create_state_machine", machine)["stateMachineArn"]
        return Live(arn, {"Arn": arn, "Name": request.name})

    def update(self, request: Request) -> Live:
        """UpdateStateMachine."""
        request.expect("StateMachineName", "StateMachineType", "DefinitionString", "RoleArn", "Tags")
        change = {"stateMachineArn": request.physical_id, **_settings(request)}
        request.call("stepfunctions", "update_state_machine", change)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteStateMachine."""
        request.call("stepfunctions", "delete_state_machine", {"stateMachineArn": request.physical_id})


_UNREAD = frozenset({"ItemBatcher", "ToleratedFailurePercentage"})  # moto's parser refuses them, as of 5.2.5


def _settings(request: Request) -> dict[str, str]:
    definition = _as_moto_reads(json.loads(request.properties["DefinitionString"]))
    return {"definition": json.dumps(definition), "roleArn": request.properties["RoleArn"]}


def _as_moto_reads(definition: Any) -> Any:
    """A definition without what moto's parser does not know: no execution of such a map is one here anyway."""
    if isinstance(definition, list):
        return [_as_moto_reads(each) for each in definition]
    if isinstance(definition, dict):
        return {name: _as_moto_reads(each) for name, each in definition.items() if name not in _UNREAD}
    return definition

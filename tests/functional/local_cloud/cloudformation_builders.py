"""A moto server with our CloudFormation in it, and stacks brought to rest."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_cloud.alarms import Alarms
from local_cloud.aws_server import AwsServer
from local_cloud.cloudformation import CloudFormation
from local_cloud.context import CloudContext
from local_cloud.metrics import MetricStore
from local_cloud.processes import free_port

ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function in a test returned."""

    payload: bytes = b"null"
    error: str | None = None


@dataclass
class Stacks:
    """The CloudFormation API, and the functions of custom resources by ARN."""

    context: CloudContext
    functions: dict[str, Callable[[dict[str, Any]], Answer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = self.context.client("cloudformation")

    def invoke(self, function: str, payload: bytes) -> Answer:
        return self.functions[function](json.loads(payload))

    def put(self, name: str, resources: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
        """Create the stack, or update it when it is there; the stack once it is at rest."""
        body = json.dumps({"Resources": resources, **rest})
        exists = any(each["StackName"] == name for each in self.client.describe_stacks()["Stacks"])
        operation = self.client.update_stack if exists else self.client.create_stack
        operation(StackName=name, TemplateBody=body)
        return self.at_rest(name)

    def at_rest(self, name: str) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            stack: dict[str, Any] = self.client.describe_stacks(StackName=name)["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return stack
            time.sleep(0.02)
        raise AssertionError(f"{name} did not come to rest")

    def delete(self, name: str) -> str:
        """Its last status."""
        stack_id = self.at_rest(name)["StackId"]
        self.client.delete_stack(StackName=name)
        return str(self.at_rest(stack_id)["StackStatus"])

    def physical(self, name: str, logical_id: str) -> str:
        found = self.client.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def history(self, name: str) -> list[str]:
        """LOGICAL STATUS of every event, oldest first."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in reversed(events)]

    def reason(self, name: str, logical_id: str) -> str:
        """Why the resource failed."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [
            event["ResourceStatusReason"]
            for event in events
            if event["LogicalResourceId"] == logical_id and event["ResourceStatus"].endswith("_FAILED")
        ]
        return str(reasons[0]) if reasons else ""


@contextmanager
def a_cloud_with_stacks(home: Path) -> Iterator[Stacks]:
    server = AwsServer(free_port(), log=home / "aws.log")
    server.start()
    stacks = Stacks(CloudContext(server.url, home))
    cloudformation = CloudFormation(stacks.context, invoke=stacks.invoke)
    alarms = Alarms(stacks.context, MetricStore())
    alarms.install()
    cloudformation.install()
    try:
        yield stacks
    finally:
        cloudformation.stop()
        alarms.stop()
        server.stop()


def outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def a_queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def a_value(value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}


def a_failure(*after: str) -> dict[str, Any]:
    """A resource that cannot be made."""
    policy = {"PolicyName": "p", "PolicyDocument": ANYTHING, "Roles": ["nobody"]}
    return {"Type": "AWS::IAM::Policy", "Properties": policy, "DependsOn": list(after)}

"""How are files counted that were captured before they could be? A state machine that lists them, started by hand.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from collections.abc import Iterable
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from cdk.compliance import acknowledge, acknowledge_wildcard
from cdk.data_bucket import DataBucket

_FILES_A_CALL = 50
_AT_ONCE = 4  # files of one hour are added to the same few items: more would only wait for each other
_TOLERATED_PERCENT = 10
_AGAIN = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "MaxAttempts": 5,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}


class Backfill(Construct):
    """A state machine with a role that may list captures and call the function that counts them.

    Its input: ``prefix`` of the files' keys, ``since`` and ``until``. Few files that fail stop nothing.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        data: DataBucket,
        endpoints: Iterable[str],
        function: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self.arn = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{name}"
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        for endpoint in endpoints:
            data.grant_list_captures(role, endpoint)
        self._allow(role, "lambda:InvokeFunction", function.function_arn)
        self._allow(role, "states:StartExecution", self.arn)
        executions = f"{self.arn.replace(':stateMachine:', ':execution:')}/*"
        self._allow(role, "states:DescribeExecution", executions)
        self._allow(role, "states:StopExecution", executions)
        acknowledge_wildcard(role, executions, "Step Functions names the executions for parts of the list.")
        machine = stepfunctions.CfnStateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            role_arn=role.role_arn,
            definition_string=Stack.of(self).to_json_string(_definition(data.bucket.bucket_name, function)),
        )
        machine.node.add_dependency(role)  # its policy: it must be able to list before it is asked
        reason = "Started by hand now and then: the function that it calls logs and traces every file."
        acknowledge(machine, "SF1", reason)
        acknowledge(machine, "SF2", reason)

    @staticmethod
    def _allow(role: iam.Role, action: str, resource: str) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))


def _definition(bucket: str, function: lambda_.IFunction) -> dict[str, Any]:
    """One distributed map; of each answer little is kept: those of all calls together must fit into 256 KiB."""
    call = {
        "Type": "Task",
        "Resource": f"arn:{Aws.PARTITION}:states:::lambda:invoke",
        "Parameters": {"FunctionName": function.function_arn, "Payload.$": "$"},
        "Retry": [_AGAIN],
        "ResultSelector": {"files.$": "$.Payload.files"},
        "End": True,
    }
    item = {"bucket": bucket, "key.$": "$$.Map.Item.Value.Key", "since.$": "$.since", "until.$": "$.until"}
    every_file = {
        "Type": "Map",
        "Label": "EveryFile",
        "MaxConcurrency": _AT_ONCE,
        "ToleratedFailurePercentage": _TOLERATED_PERCENT,
        "ItemReader": {
            "Resource": f"arn:{Aws.PARTITION}:states:::s3:listObjectsV2",
            "Parameters": {"Bucket": bucket, "Prefix.$": "$.prefix"},
        },
        "ItemSelector": item,
        "ItemBatcher": {"MaxItemsPerBatch": _FILES_A_CALL},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Count",
            "States": {"Count": call},
        },
        "ResultSelector": {"calls.$": "States.ArrayLength($)"},
        "End": True,
    }
    return {"StartAt": "EveryFile", "States": {"EveryFile": every_file}}

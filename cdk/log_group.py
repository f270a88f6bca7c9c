"""How long are logs kept?"""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


class RetainedLogs(logs.LogGroup):
    """A log group with the retention of sluice.yaml; it goes with its stack, so that its name is free again."""

    def __init__(self, scope: Construct, construct_id: str, *, days: int, name: str | None = None) -> None:
        super().__init__(scope, construct_id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
        cast(logs.CfnLogGroup, self.node.default_child).retention_in_days = days

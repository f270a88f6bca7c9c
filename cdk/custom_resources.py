"""Which functions does CloudFormation ask while it deploys, and what may they do?"""

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from cdk.function import ServiceFunction
from cdk.state_table import StateTable
from sluice.settings.functions import RoutingEnvironment

# The handler waits two minutes for an endpoint that is being changed by a release.
_CONFIG_TIMEOUT = Duration.minutes(3)
_ROUTING_TIMEOUT = Duration.minutes(1)


class EndpointConfigFunction(ServiceFunction):
    """Answers ``Custom::EndpointConfig``: reads live endpoints, makes and removes their configs."""

    def __init__(self, scope: Construct, construct_id: str, *, log_days: int) -> None:
        super().__init__(
            scope,
            construct_id,
            handler="lambdas.endpoint_config.handler",
            environment={},
            timeout=_CONFIG_TIMEOUT,
            log_days=log_days,
        )

    def allow(self, endpoint_name: str) -> None:
        """Let it look at one endpoint and manage the configs that carry its name."""
        sagemaker = f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        configs = f"{sagemaker}:endpoint-config/{endpoint_name}-*"
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["sagemaker:DescribeEndpoint"], resources=[f"{sagemaker}:endpoint/{endpoint_name}"]
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"sagemaker:{verb}EndpointConfig" for verb in ("Create", "Delete", "Describe")],
                resources=[configs],
            )
        )
        acknowledge_wildcard(
            self.role, configs, "A config's name ends in the hash of its content; releases make new ones."
        )


class RoutingFunction(ServiceFunction):
    """Answers ``Custom::Routing``: writes routing tables."""

    def __init__(self, scope: Construct, construct_id: str, *, table: StateTable, log_days: int) -> None:
        super().__init__(
            scope,
            construct_id,
            handler="lambdas.routing.handler",
            environment=RoutingEnvironment(table=table.name).to_environment(),
            timeout=_ROUTING_TIMEOUT,
            log_days=log_days,
        )
        table.grant_change(self.role)

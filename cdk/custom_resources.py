"""Which functions does CloudFormation ask while it deploys, and what may they do?"""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from cdk.function import ServiceFunction
from cdk.sagemaker_arn import sagemaker_arn
from cdk.state_table import StateTable
from sluice.settings.functions import RoutingEnvironment

# The handler waits up to 13 minutes for an endpoint that is being changed.
_CONFIG_TIMEOUT = Duration.minutes(15)
_ROUTING_TIMEOUT = Duration.minutes(1)


class EndpointConfigFunction(ServiceFunction):
    """Answers ``Custom::EndpointConfig``: reads live endpoints, makes their models and configs, removes configs.

    What it may touch is named after the deployment and not after its models: a model that leaves sluice.yaml must
    still be cleaned up after.
    """

    def __init__(self, scope: Construct, construct_id: str, *, deployment: str, log_days: int) -> None:
        super().__init__(
            scope,
            construct_id,
            handler="lambdas.endpoint_config.handler",
            environment={},
            timeout=_CONFIG_TIMEOUT,
            log_days=log_days,
        )
        self._allow(f"endpoint/{deployment}-*", "DescribeEndpoint")
        self._allow(f"model/{deployment}-*", "CreateModel", "DescribeModel")
        self._allow(
            f"endpoint-config/{deployment}-*", "CreateEndpointConfig", "DeleteEndpointConfig", "DescribeEndpointConfig"
        )

    def allow_hosting(self, role: iam.IRole) -> None:
        """Let it give a model's role to SageMaker."""
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            )
        )

    def _allow(self, names: str, *verbs: str) -> None:
        resource = sagemaker_arn(names)
        self.role.add_to_policy(
            iam.PolicyStatement(actions=[f"sagemaker:{verb}" for verb in verbs], resources=[resource])
        )
        acknowledge_wildcard(self.role, resource, "Names end in the model's name and the hash of their content.")


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

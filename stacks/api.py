"""What callers reach: the HTTP API and the function that answers predictions."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.deployable import Deployable
from cdk.function import ServiceFunction
from cdk.http_front import HttpFront
from cdk.state_table import StateTable
from cdk.variant_endpoint import VariantEndpoint
from sluice.settings.deployment import Deployment
from sluice.settings.functions import InferenceEnvironment

_TIMEOUT = Duration.seconds(29)  # API Gateway gives up after 30 and tells the caller less


class Api(Deployable):
    """One function behind one HTTP API."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        table: StateTable,
        endpoints: Sequence[VariantEndpoint],
    ) -> None:
        super().__init__(scope, construct_id, description="HTTP API")
        self.add_stack_dependency(Stack.of(endpoints[0]))  # callers come when the models are there
        log_days = deployment.logs.retention_days
        self.inference = ServiceFunction(
            self,
            "Inference",
            handler="lambdas.inference.handler",
            environment=_environment(deployment, table).to_environment(),
            timeout=_TIMEOUT,
            memory_mb=deployment.inference.memory_mb,
            log_days=log_days,
        )
        live = self.inference.publish()
        self.front = HttpFront(
            self, "HttpFront", name=deployment.name, access=deployment.access, target=live, log_days=log_days
        )
        table.grant_get(self.inference.role)
        self.inference.role.add_to_policy(
            iam.PolicyStatement(
                actions=["sagemaker:InvokeEndpoint"], resources=[endpoint.arn for endpoint in endpoints]
            )
        )
        CfnOutput(self, "ApiUrl", value=self.front.api.api_endpoint)


def _environment(deployment: Deployment, table: StateTable) -> InferenceEnvironment:
    return InferenceEnvironment(
        table=table.name,
        models=",".join(deployment.models),
        model_timeout_seconds=deployment.inference.model_timeout_seconds,
        routing_seconds=deployment.inference.routing_seconds,
    )

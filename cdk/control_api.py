"""Which function answers operators?"""

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.function import ServiceFunction
from cdk.http_front import HttpFront
from sluice.settings.functions import ControlEnvironment

_PATH = "/admin/v1/{proxy+}"
_METHODS = (apigateway.HttpMethod.GET, apigateway.HttpMethod.POST)
_TIMEOUT = Duration.seconds(29)  # API Gateway gives up after 30


class ControlApi(ServiceFunction):
    """Answers ``/admin/v1``; operators sign with AWS credentials whatever callers of predictions do."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        front: HttpFront,
        environment: ControlEnvironment,
        log_days: int,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            handler="lambdas.control.handler",
            environment=environment.to_environment(),
            timeout=_TIMEOUT,
            log_days=log_days,
        )
        front.lead(_PATH, _METHODS, target=self.function, authorizer=authorizers.HttpIamAuthorizer())

    def allow_waking(self, controller: lambda_.IFunction) -> None:
        """Let it have the controller look at once, instead of within a minute."""
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[controller.function_arn])
        )

"""Who may call the API, how often, and which paths lead to the function?"""

import json
from collections.abc import Iterable
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from cdk.compliance import acknowledge
from cdk.log_group import RetainedLogs
from sluice.settings.access import Access

_GET, _POST = apigateway.HttpMethod.GET, apigateway.HttpMethod.POST
# Greedy, because API Gateway cannot match the colon of /v1/models/{model}:predict inside a segment.
_ROUTES = (
    ("/v1/models/{proxy+}", [_GET, _POST]),
    ("/v2", [_GET]),
    ("/v2/{proxy+}", [_GET, _POST]),
)
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
_LOGGED = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "requestTime": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "responseLatency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
}


class HttpFront(Construct):
    """An HTTP API whose routes of the two protocols ask the one function; other stacks add routes of their own.

    Attributes:
        authorizer: Who callers of predictions must be; routes for the same callers take it, too.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        access: Access,
        target: lambda_.IFunction,
        log_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.HttpApi(self, "Api", api_name=name, create_default_stage=False)
        self.logs = RetainedLogs(self, "AccessLogs", days=log_days)
        self._add_stage(access)
        self.authorizer = _authorizer(access)
        integration = integrations.HttpLambdaIntegration("Function", target, scope_permission_to_route=False)
        for path, methods in _ROUTES:
            self.api.add_routes(path=path, methods=methods, integration=integration, authorizer=self.authorizer)
        self._is_open = access.mode == "none"
        self._acknowledge_openness(self)

    def lead(
        self,
        path: str,
        methods: Iterable[apigateway.HttpMethod],
        *,
        target: lambda_.IFunction,
        authorizer: apigateway.IHttpRouteAuthorizer,
    ) -> None:
        """Have another stack's function answer a path; the routes belong to the function's stack."""
        scope = Stack.of(target)
        integration = integrations.HttpLambdaIntegration("Integration", target, scope_permission_to_route=False)
        for method in methods:
            route = apigateway.HttpRoute(
                scope,
                f"{method.name} {path}",
                http_api=self.api,
                route_key=apigateway.HttpRouteKey.with_(path, method),
                integration=integration,
                authorizer=authorizer,
            )
            if authorizer is self.authorizer:
                self._acknowledge_openness(route)

    def _acknowledge_openness(self, subject: IConstruct) -> None:
        if self._is_open:
            acknowledge(subject, "APIG4", "sluice.yaml says access.mode: none, which nobody gets by leaving it out.")

    def _add_stage(self, access: Access) -> None:
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=access.throttle.rate_per_second, burst_limit=access.throttle.burst
            ),
        )
        # HttpStage takes these as an interface to implement; the resource below it takes the two values.
        resource = cast(apigateway.CfnStage, stage.node.default_child)
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=self.logs.log_group_arn, format=json.dumps(_LOGGED)
        )


def _authorizer(access: Access) -> apigateway.IHttpRouteAuthorizer:
    if access.mode == "iam":
        return authorizers.HttpIamAuthorizer()
    if access.jwt is not None:
        return authorizers.HttpJwtAuthorizer("Jwt", access.jwt.issuer, jwt_audience=access.jwt.audience)
    return apigateway.HttpNoneAuthorizer()

"""What operators see."""

from collections.abc import Iterable

from aws_cdk import CfnOutput
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.dashboard import TrafficDashboard
from cdk.deployable import Deployable
from cdk.variant_endpoint import VariantEndpoint


class Observability(Deployable):
    """The dashboard. Logs stand beside what writes them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        endpoints: Iterable[VariantEndpoint],
        api: apigateway.IHttpApi,
        function: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, construct_id, description="dashboard")
        dashboard = TrafficDashboard(self, "Dashboard", name=name)
        dashboard.show_api(api, function)
        for endpoint in endpoints:
            dashboard.show_model(endpoint.model)
        CfnOutput(self, "DashboardName", value=name)

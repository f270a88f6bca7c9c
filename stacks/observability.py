"""What operators see."""

from collections.abc import Iterable

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from cdk.dashboard import TrafficDashboard
from cdk.variant_endpoint import VariantEndpoint
from stacks.api import Api


class Observability(Stack):
    """The dashboard. Logs stand beside what writes them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, endpoints: Iterable[VariantEndpoint], api: Api
    ) -> None:
        super().__init__(scope, construct_id, description="Sluice: dashboard")
        dashboard = TrafficDashboard(self, "Dashboard", name=name)
        dashboard.show_api(api.front.api, api.inference.function)
        for endpoint in endpoints:
            dashboard.show_model(endpoint.model)
        CfnOutput(self, "DashboardName", value=name)

"""What operators see."""

from collections.abc import Iterable

from aws_cdk import CfnOutput
from constructs import Construct

from cdk.dashboard import TrafficDashboard
from cdk.deployable import Deployable
from cdk.variant_endpoint import VariantEndpoint
from stacks.api import Api
from stacks.release import Release


class Observability(Deployable):
    """The dashboard. Logs stand beside what writes them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        endpoints: Iterable[VariantEndpoint],
        api: Api,
        release: Release,
    ) -> None:
        super().__init__(scope, construct_id, description="dashboard")
        dashboard = TrafficDashboard(self, "Dashboard", name=name)
        models = [endpoint.model for endpoint in endpoints]
        dashboard.show_alarms(name, models)
        dashboard.show_api(api.front.api, api.inference.function)
        dashboard.show_controller(release.controller, models)
        for model in models:
            dashboard.show_model(model)
        CfnOutput(self, "DashboardName", value=name)

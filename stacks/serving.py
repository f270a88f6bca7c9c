"""What answers predictions: an endpoint for each model and the routing table that says who gets what."""

from collections.abc import Iterable

from aws_cdk import CfnOutput
from constructs import Construct

from cdk.custom_resources import EndpointConfigFunction, RoutingFunction
from cdk.data_bucket import DataBucket
from cdk.deployable import Deployable
from cdk.routing_table import RoutingTable
from cdk.served_model import ServedModel
from cdk.state_table import StateTable
from cdk.variant_endpoint import VariantEndpoint
from sluice.settings.deployment import Deployment


class Serving(Deployable):
    """Models, endpoints and their first routing tables."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        models: Iterable[ServedModel],
        table: StateTable,
        data: DataBucket,
    ) -> None:
        super().__init__(scope, construct_id, description="endpoints and their routing")
        self._deployment = deployment
        self._data = data
        self._configs = EndpointConfigFunction(
            self, "EndpointConfigFunction", deployment=deployment.name, log_days=deployment.logs.retention_days
        )
        self._routings = RoutingFunction(self, "RoutingFunction", table=table, log_days=deployment.logs.retention_days)
        self.endpoints = [self._serve(model) for model in models]
        CfnOutput(self, "EndpointNames", value=",".join(endpoint.model.endpoint_name for endpoint in self.endpoints))

    def _serve(self, model: ServedModel) -> VariantEndpoint:
        endpoint = VariantEndpoint(
            self,
            model.name,
            model=model,
            data=self._data,
            config_function=self._configs,
            log_days=self._deployment.logs.retention_days,
        )
        RoutingTable(
            endpoint,
            "Routing",
            routing_function=self._routings.function,
            routing_seconds=self._deployment.inference.routing_seconds,
        )
        return endpoint

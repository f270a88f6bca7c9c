"""Which routing table does a newly deployed model start with?"""

import json

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_

from cdk.variant_endpoint import VariantEndpoint

_ANSWER_WITHIN = Duration.minutes(5)


class RoutingTable(CustomResource):
    """``Custom::Routing``: written when the endpoint is there, and left to releases once it is written."""

    def __init__(self, endpoint: VariantEndpoint, construct_id: str, *, routing_function: lambda_.IFunction) -> None:
        super().__init__(
            endpoint,
            construct_id,
            resource_type="Custom::Routing",
            service_token=routing_function.function_arn,
            service_timeout=_ANSWER_WITHIN,
            properties={"Routing": json.dumps(endpoint.model.routing().to_dict(), sort_keys=True)},
        )
        self.node.add_dependency(endpoint.endpoint)

"""Which routing table does a newly deployed model start with, and what does the deployment say about its releases?"""

import json
from typing import Any

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_lambda as lambda_

from cdk.variant_endpoint import VariantEndpoint
from sluice.domain.variant import in_order

_ANSWER_WITHIN = Duration.minutes(5)


class RoutingTable(CustomResource):
    """``Custom::Routing``: the table is written when the endpoint is there, and left to releases once it is written.

    The declaration is written at every deploy: it is what releases carry out within.
    """

    def __init__(
        self,
        endpoint: VariantEndpoint,
        construct_id: str,
        *,
        routing_function: lambda_.IFunction,
        routing_seconds: float,
    ) -> None:
        super().__init__(
            endpoint,
            construct_id,
            resource_type="Custom::Routing",
            service_token=routing_function.function_arn,
            service_timeout=_ANSWER_WITHIN,
            properties={
                "Routing": json.dumps(endpoint.model.routing().to_dict(), sort_keys=True),
                "Declaration": Stack.of(endpoint).to_json_string(_declaration(endpoint, routing_seconds)),
            },
        )
        self.node.add_dependency(endpoint.endpoint)


def _declaration(endpoint: VariantEndpoint, routing_seconds: float) -> dict[str, Any]:
    """As ``sluice.domain.declared_release`` reads it."""
    settings = endpoint.model.settings
    return {
        "endpoint": endpoint.model.endpoint_name,
        "declaration": endpoint.declaration,
        "config_name": endpoint.config_name,
        "plan": settings.rollout.to_plan().to_dict(),
        "declared_slots": in_order(settings.variants),
        "routing_seconds": routing_seconds,
        "on_approval": settings.rollout.on_approval,
        "keeps": settings.rollout.keep_unused,
        "sensitive": settings.capture.sensitive,
    }

"""How does a model get an endpoint that deployments shape and releases fill?

The config's name comes from ``Custom::EndpointConfig``, which puts the declared shape around the variants that are
live. Its input holds every property of the endpoint: CloudFormation cannot update the endpoint without asking it again.
"""

from typing import Any

from aws_cdk import CfnResource, CustomResource, Duration, Stack
from constructs import Construct

from cdk import endpoint_declaration as declaration
from cdk.custom_resources import EndpointConfigFunction
from cdk.data_bucket import DataBucket
from cdk.hosted_artifacts import HostedArtifacts
from cdk.log_group import RetainedLogs
from cdk.model_role import log_group_name
from cdk.sagemaker_arn import sagemaker_arn
from cdk.served_model import SHADOW, ServedModel
from cdk.variant_scaling import VariantScaling

_ANSWER_WITHIN = Duration.minutes(16)  # the function has 15


class VariantEndpoint(Construct):
    """One model's endpoint; its slots are filled as sluice.yaml says until releases say otherwise.

    Attributes:
        model: The model.
        declaration: What the stack declares of the endpoint, as ``Declaration.from_dict`` reads it; releases compose
            endpoint configs by it, too.
        artifacts: The bucket with the archives of this and of earlier deployments.
        config_name: The endpoint config that CloudFormation knows, and goes back to when a deploy fails.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: ServedModel,
        data: DataBucket,
        config_function: EndpointConfigFunction,
        log_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.model = model
        logs = RetainedLogs(self, "Logs", days=log_days, name=log_group_name(model))
        hosted = HostedArtifacts(self, "Models", model=model, data=data)
        config_function.allow_hosting(hosted.role)
        self.artifacts = hosted.bucket
        self.declaration = self._declaration(hosted, data)
        properties = declaration.endpoint_properties(model.endpoint_name, model.settings)
        config = CustomResource(
            self,
            "Config",
            resource_type="Custom::EndpointConfig",
            service_token=config_function.function.function_arn,
            service_timeout=_ANSWER_WITHIN,
            properties={
                "Endpoint": model.endpoint_name,
                # One JSON text, because CloudFormation would turn the numbers of a structure into strings.
                "Declaration": Stack.of(self).to_json_string(self.declaration),
                "EndpointProperties": Stack.of(self).to_json_string(properties),
            },
        )
        self.config_name = config.get_att_string("EndpointConfigName")
        config.node.add_dependency(hosted)  # a model's role must be able to fetch it before an endpoint starts
        self.endpoint = CfnResource(
            self,
            "Endpoint",
            type="AWS::SageMaker::Endpoint",
            properties={**properties, "EndpointConfigName": self.config_name},
        )
        self.endpoint.node.add_dependency(logs)  # else SageMaker makes the group first, without a retention
        self._scale()

    @property
    def arn(self) -> str:
        """The endpoint's ARN, known before it exists: its name is fixed."""
        return sagemaker_arn(f"endpoint/{self.model.endpoint_name}")

    def _declaration(self, hosted: HostedArtifacts, data: DataBucket) -> dict[str, Any]:
        settings = self.model.settings
        variants: list[dict[str, Any]] = [
            {"name": slot, "artifact": hosted.urls[slot], "weight": variant.weight}
            for slot, variant in settings.variants.items()
        ]
        config = declaration.config(settings, captures_uri=data.captures_uri, capture_key=data.key.key_arn)
        return {
            "variants": variants,
            "image": hosted.image_uri,
            "model": hosted.model_fields(),
            "shape": declaration.shape(settings.endpoint),
            "config": config,
            "shadow": hosted.urls.get(SHADOW),
            "keeps_instance_counts": settings.endpoint.autoscaling is not None,
        }

    def _scale(self) -> None:
        autoscaling = self.model.settings.endpoint.autoscaling
        if autoscaling is None:
            return
        for slot in self.model.settings.variants:
            scaling = VariantScaling(
                self, f"{slot}-scaling", endpoint_name=self.model.endpoint_name, slot=slot, settings=autoscaling
            )
            scaling.node.add_dependency(self.endpoint)

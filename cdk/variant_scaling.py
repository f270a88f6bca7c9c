"""How many instances does a variant get?"""

from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from sluice.settings.endpoint import Autoscaling

_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_METRIC = "SageMakerVariantInvocationsPerInstance"


class VariantScaling(Construct):
    """Follows invocations per instance and minute. The target belongs to a slot, so it stays when models change.

    A target needs its variant: make this depend on the endpoint.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, slot: str, settings: Autoscaling
    ) -> None:
        super().__init__(scope, construct_id)
        resource = f"endpoint/{endpoint_name}/variant/{slot}"
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace=_NAMESPACE,
            scalable_dimension=_DIMENSION,
            resource_id=resource,
            min_capacity=settings.min,
            max_capacity=settings.max,
        )
        tracking = autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=settings.invocations_per_instance_per_minute,
            predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                predefined_metric_type=_METRIC
            ),
        )
        autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{endpoint_name}-{slot}",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=tracking,
        )

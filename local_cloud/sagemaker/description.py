"""What does DescribeEndpoint show of an endpoint?"""

from collections.abc import Iterator
from typing import Any

from local_cloud.sagemaker.endpoint import Deployment, Endpoint, Status, Variant


def describe(endpoint: Endpoint) -> dict[str, Any]:
    """The answer of DescribeEndpoint; members that are not there yet, or no more, are left out."""
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config.name,
        "EndpointStatus": endpoint.status.value,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        **dict(_optional(endpoint)),
    }


def _optional(endpoint: Endpoint) -> Iterator[tuple[str, Any]]:
    fleet = endpoint.live or (endpoint.deployment.fleet if endpoint.deployment else None)
    if fleet is not None:
        status = _variant_status(endpoint)
        yield "ProductionVariants", [_variant(variant, status) for variant in fleet.variants]
        if fleet.shadow is not None:
            yield "ShadowProductionVariants", [_variant(fleet.shadow, status)]
    capture = endpoint.config.request.get("DataCaptureConfig")
    if capture:
        yield "DataCaptureConfig", _capture(capture)
    if endpoint.failure_reason is not None:
        yield "FailureReason", endpoint.failure_reason
    if endpoint.deployment_config:
        yield "LastDeploymentConfig", dict(endpoint.deployment_config)
    if endpoint.deployment is not None:
        yield "PendingDeploymentSummary", _pending(endpoint.deployment)


def _variant(variant: Variant, status: str | None) -> dict[str, Any]:
    """A ProductionVariantSummary; a variant being created has no instances yet."""
    shown: dict[str, Any] = {
        "VariantName": variant.name,
        "CurrentWeight": variant.current_weight,
        "DesiredWeight": variant.desired_weight,
        "CurrentInstanceCount": 0 if status == "Creating" else variant.current_instances,
        "DesiredInstanceCount": variant.desired_instances,
    }
    return shown if status is None else {**shown, "VariantStatus": [{"Status": status}]}


def _variant_status(endpoint: Endpoint) -> str | None:
    if endpoint.status is Status.CREATING:
        return "Creating"
    return "Updating" if endpoint.settles_at is not None and endpoint.status is not Status.DELETING else None


def _pending(deployment: Deployment) -> dict[str, Any]:
    """PendingDeploymentSummary, there only while a new config is deployed (aws-facts A3, BC:sagemaker)."""
    if deployment.next_at is None:
        status = "Creating"
    elif deployment.step == 0:
        status = "ActivatingTraffic"
    else:
        status = "Baking"
    fleet = deployment.fleet
    summary: dict[str, Any] = {
        "EndpointConfigName": fleet.config.name,
        "StartTime": deployment.started,
        "ProductionVariants": [_variant(variant, status) for variant in fleet.variants],
    }
    return (
        summary if fleet.shadow is None else {**summary, "ShadowProductionVariants": [_variant(fleet.shadow, status)]}
    )


def _capture(capture: dict[str, Any]) -> dict[str, Any]:
    """A DataCaptureConfigSummary."""
    is_on = bool(capture.get("EnableCapture"))
    return {
        "EnableCapture": is_on,
        "CaptureStatus": "Started" if is_on else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }

"""How does sluice.yaml read in SageMaker's words?

Pure functions from settings to request fields. The names and limits are those of CreateEndpointConfig and
UpdateEndpoint (https://docs.aws.amazon.com/sagemaker/latest/APIReference/).
"""

from typing import Any

from sluice.settings.deployment import Model
from sluice.settings.endpoint import LONGEST_UPDATE_SECONDS, Capture, Endpoint, has_gpu

# Driver 580, CUDA 13.0: what the GPU target of model_container/Dockerfile needs. Pinned because the AMI decides about
# the driver, and this one does not mount compatibility libraries over the image's own.
_GPU_AMI = "al2023-ami-sagemaker-inference-gpu-4-1"
# From asking for instances until the container is started, pulling the image included: generous, because an update that
# runs out of time is rolled back.
_LAUNCH_SECONDS = 1800


def shape(endpoint: Endpoint) -> dict[str, Any]:
    """Fields of ``ProductionVariant`` that every variant shares."""
    fields: dict[str, Any] = {
        "InstanceType": endpoint.instance_type,
        "InitialInstanceCount": endpoint.instances,
        "ContainerStartupHealthCheckTimeoutInSeconds": endpoint.startup_timeout_seconds,
    }
    if endpoint.volume_gb is not None:
        fields["VolumeSizeInGB"] = endpoint.volume_gb
    if (ami := _ami(endpoint)) is not None:
        fields["InferenceAmiVersion"] = ami
    return fields


def config(model: Model, *, captures_uri: str, capture_key: str) -> dict[str, Any]:
    """Fields of ``CreateEndpointConfig`` beside the variants. ``capture_key``: ARN of the key for captured files."""
    fields: dict[str, Any] = {}
    if model.capture.percent > 0:
        fields["DataCaptureConfig"] = _capture(model.capture, captures_uri, capture_key)
    if model.endpoint.kms_key is not None:
        fields["KmsKeyId"] = model.endpoint.kms_key
    return fields


def endpoint_properties(name: str, model: Model) -> dict[str, Any]:
    """Every property of ``AWS::SageMaker::Endpoint`` but the name of its config.

    Weights always stay what releases made them. Without autoscaling the instance counts are ours again, and so is
    capture: both come from the new config.
    """
    ours = ["DataCaptureConfig"] if model.endpoint.autoscaling else ["DataCaptureConfig", "DesiredInstanceCount"]
    properties: dict[str, Any] = {
        "EndpointName": name,
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": kind} for kind in ours],
    }
    if model.update.strategy != "all_at_once":
        properties["DeploymentConfig"] = _deployment(model)
    return properties


def _ami(endpoint: Endpoint) -> str | None:
    """What our image needs, or what was asked for under another; None leaves it to SageMaker."""
    if endpoint.image is not None:
        return endpoint.ami
    return _GPU_AMI if has_gpu(endpoint.instance_type) else None


def _capture(capture: Capture, destination: str, key: str) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": capture.percent,
        "DestinationS3Uri": destination,
        "KmsKeyId": key,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        # Bodies of other types are captured as base64.
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def _deployment(model: Model) -> dict[str, Any]:
    update = model.update
    step = {"Type": "CAPACITY_PERCENT", "Value": update.step_percent}
    limit = {"MaximumExecutionTimeoutInSeconds": _time_for(model)}
    if update.strategy == "rolling":
        rolling = {"MaximumBatchSize": step, "WaitIntervalInSeconds": update.wait_seconds}
        return {"RollingUpdatePolicy": rolling | limit}
    size = "CanarySize" if update.strategy == "canary" else "LinearStepSize"
    routing = {"Type": update.strategy.upper(), size: step, "WaitIntervalInSeconds": update.wait_seconds}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **limit}}


def _time_for(model: Model) -> int:
    """Seconds until SageMaker gives an update up: every wait, and every start of instances.

    Blue/green starts a whole fleet once, rolling a batch a step.
    """
    starts = model.update.steps if model.update.strategy == "rolling" else 1
    starting = starts * (_LAUNCH_SECONDS + model.endpoint.startup_timeout_seconds)
    return min(model.update.waits_seconds + starting, LONGEST_UPDATE_SECONDS)

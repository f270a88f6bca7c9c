"""How does sluice.yaml read in SageMaker's words?

Pure functions from settings to request fields. The names and limits are those of CreateEndpointConfig and
UpdateEndpoint (https://docs.aws.amazon.com/sagemaker/latest/APIReference/).
"""

from typing import Any

from sluice.settings.deployment import Model
from sluice.settings.endpoint import Capture, Endpoint, Update, has_gpu

# Driver 580, CUDA 13.0: what the GPU target of model_container/Dockerfile needs. Pinned because the AMI decides about
# the driver, and this one does not mount compatibility libraries over the image's own.
_GPU_AMI = "al2023-ami-sagemaker-inference-gpu-4-1"


def shape(endpoint: Endpoint) -> dict[str, Any]:
    """Fields of ``ProductionVariant`` that every variant shares."""
    fields: dict[str, Any] = {
        "InstanceType": endpoint.instance_type,
        "InitialInstanceCount": endpoint.instances,
        "ContainerStartupHealthCheckTimeoutInSeconds": endpoint.startup_timeout_seconds,
    }
    if endpoint.volume_gb is not None:
        fields["VolumeSizeInGB"] = endpoint.volume_gb
    if has_gpu(endpoint.instance_type):
        fields["InferenceAmiVersion"] = _GPU_AMI
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
        properties["DeploymentConfig"] = _deployment(model.update)
    return properties


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


def _deployment(update: Update) -> dict[str, Any]:
    step = {"Type": "CAPACITY_PERCENT", "Value": update.step_percent}
    if update.strategy == "rolling":
        rolling = {"MaximumBatchSize": step, "WaitIntervalInSeconds": update.wait_seconds}
        return {"RollingUpdatePolicy": rolling}
    size = "CanarySize" if update.strategy == "canary" else "LinearStepSize"
    routing = {"Type": update.strategy.upper(), size: step, "WaitIntervalInSeconds": update.wait_seconds}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}

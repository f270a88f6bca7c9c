"""How are models, endpoint configs, endpoints, groups of model packages and pipelines made?"""

import time
import uuid
from typing import Any, ClassVar

from moto.sagemaker.models import sagemaker_backends

from local_cloud.cloudformation.resource import Live, Request, resource
from local_cloud.context import ACCOUNT, REGION

_POLL_SECONDS = 0.2
_LONGEST_SECONDS = 900.0


class EndpointFailed(ValueError):
    """The endpoint did not come into service with the config it was given."""


class Immutable:
    """Something whose every property but its tags replaces it; ``Ref`` is its ARN.

    Attributes:
        word: What the operations' names end in.
        stem: What its members' names begin with.

    """

    word: ClassVar[str]
    stem: ClassVar[str]

    def create(self, request: Request) -> Live:
        """CreateModel and so on."""
        arn = request.call("sagemaker", f"create_{self.word}", request.named)[f"{self.stem}Arn"]
        return Live(arn, {f"{self.stem}Arn": arn, f"{self.stem}Name": request.name})

    def update(self, request: Request) -> Live:
        """Nothing but tags can change."""
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteModel and so on."""
        request.call("sagemaker", f"delete_{self.word}", {f"{self.stem}Name": request.name})


@resource(
    "AWS::SageMaker::Model",
    name="ModelName",
    name_limit=63,
    replaced_by=(
        "ExecutionRoleArn EnableNetworkIsolation InferenceExecutionConfig PrimaryContainer VpcConfig Containers"
    ),
)
class Model(Immutable):
    """A model: an image and an artifact."""

    word, stem = "model", "Model"


@resource(
    "AWS::SageMaker::EndpointConfig",
    name="EndpointConfigName",
    name_limit=63,
    replaced_by=(
        "KmsKeyId AsyncInferenceConfig ExecutionRoleArn ShadowProductionVariants EnableNetworkIsolation "
        "ProductionVariants DataCaptureConfig ExplainerConfig MetricsConfig VpcConfig"
    ),
)
class EndpointConfig(Immutable):
    """Variants, weights and how they are recorded."""

    word, stem = "endpoint_config", "EndpointConfig"


@resource(
    "AWS::SageMaker::ModelPackageGroup",
    name="ModelPackageGroupName",
    name_limit=63,
    replaced_by="ModelPackageGroupDescription",
)
class ModelPackageGroup(Immutable):
    """The versions of a model."""

    word, stem = "model_package_group", "ModelPackageGroup"

    def delete(self, request: Request) -> None:
        """Taken out of moto's backend: it has no DeleteModelPackageGroup."""
        sagemaker_backends[ACCOUNT][REGION].model_package_groups.pop(request.name, None)


@resource("AWS::SageMaker::Pipeline", name="PipelineName", name_limit=256)
class Pipeline:
    """Steps that can be executed; ``Ref`` is its name."""

    def create(self, request: Request) -> Live:
        """CreatePipeline."""
        properties = {**_pipeline(request), **request.only("Tags"), "ClientRequestToken": uuid.uuid4().hex}
        request.call("sagemaker", "create_pipeline", properties)
        return Live(request.name)

    def update(self, request: Request) -> Live:
        """UpdatePipeline: executions that have started go on as they are."""
        request.call("sagemaker", "update_pipeline", _pipeline(request))
        return request.existing

    def delete(self, request: Request) -> None:
        """DeletePipeline; refused while an execution runs."""
        names = {"PipelineName": request.name, "ClientRequestToken": uuid.uuid4().hex}
        request.call("sagemaker", "delete_pipeline", names)


def _pipeline(request: Request) -> dict[str, Any]:
    """What both operations take, which call the definition's parts by other names than the resource does."""
    properties = {**request.without("PipelineDefinition", "Tags"), "PipelineName": request.name}
    declared = request.properties["PipelineDefinition"]
    if "PipelineDefinitionBody" in declared:
        return {**properties, "PipelineDefinition": declared["PipelineDefinitionBody"]}
    location = declared["PipelineDefinitionS3Location"]
    names = {"Bucket": "Bucket", "Key": "ObjectKey", "Version": "VersionId"}
    where = {names.get(name, name): value for name, value in location.items() if name != "ETag"}
    return {**properties, "PipelineDefinitionS3Location": where}


@resource("AWS::SageMaker::Endpoint", name="EndpointName", name_limit=63)
class Endpoint:
    """An endpoint; a failed update, which SageMaker takes back in silence, fails the resource here as on AWS."""

    def create(self, request: Request) -> Live:
        """CreateEndpoint, and wait until it is in service."""
        # Retain… and Exclude… say how to update; nothing is there yet that they could be about.
        properties = request.without(
            "RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig"
        )
        arn = request.call("sagemaker", "create_endpoint", {**properties, "EndpointName": request.name})["EndpointArn"]
        live = Live(arn, {"EndpointArn": arn, "EndpointName": request.name})
        request.made(live)
        _settle(request)
        return live

    def update(self, request: Request) -> Live:
        """UpdateEndpoint, and wait until it is in service with the config it was given."""
        change = {**request.without("Tags"), "EndpointName": request.name}
        request.call("sagemaker", "update_endpoint", change)
        _settle(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteEndpoint, and wait until it is gone."""
        if _listed(request):
            request.call("sagemaker", "delete_endpoint", {"EndpointName": request.name})
        deadline = time.monotonic() + _LONGEST_SECONDS
        while _listed(request) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


def _settle(request: Request) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    name = {"EndpointName": request.name}
    while True:
        endpoint = request.call("sagemaker", "describe_endpoint", name)
        if not endpoint["EndpointStatus"].endswith(("Creating", "Updating", "RollingBack")):
            break
        if time.monotonic() > deadline:
            raise EndpointFailed(f"{request.name} is {endpoint['EndpointStatus']} after {_LONGEST_SECONDS:g} s")
        time.sleep(_POLL_SECONDS)
    in_service = endpoint["EndpointStatus"] == "InService"
    if not in_service or endpoint["EndpointConfigName"] != request.properties["EndpointConfigName"]:
        reason = endpoint.get("FailureReason", "it serves another endpoint config")
        raise EndpointFailed(f"Resource handler returned message: {endpoint['EndpointStatus']}: {reason}")


def _listed(request: Request) -> bool:
    """Whether it exists: DescribeEndpoint's error for a missing one is the same as for any other mistake."""
    found = request.call("sagemaker", "list_endpoints", {"NameContains": request.name})["Endpoints"]
    return any(endpoint["EndpointName"] == request.name for endpoint in found)

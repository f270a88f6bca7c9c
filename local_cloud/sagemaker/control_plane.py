"""Which of moto's SageMaker operations are replaced, and by what?

moto 5.2.5 has no UpdateEndpoint, is InService at once, drops instance counts, ShadowProductionVariants and
DeploymentConfig, and refuses ml.g5 and ml.g6 (aws-facts H). Its listing, tagging and models are kept.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from local_cloud.context import ACCOUNT, REGION, Clock
from local_cloud.sagemaker.artifact import ArtifactUnavailable, Container
from local_cloud.sagemaker.change import Desired, Retention
from local_cloud.sagemaker.config import EndpointConfig
from local_cloud.sagemaker.description import describe
from local_cloud.sagemaker.hosting import Hosting
from local_cloud.sagemaker.operation import Request, answered, handler
from local_cloud.sagemaker.record import ConfigRecord, EndpointRecord
from local_cloud.sagemaker.refusal import Refused, arn

_REPLACED = {
    "create_endpoint": "CreateEndpoint",
    "create_endpoint_config": "CreateEndpointConfig",
    "delete_endpoint": "DeleteEndpoint",
    "delete_endpoint_config": "DeleteEndpointConfig",
    "describe_endpoint": "DescribeEndpoint",
    "describe_endpoint_config": "DescribeEndpointConfig",
    "update_endpoint": "UpdateEndpoint",
    "update_endpoint_weights_and_capacities": "UpdateEndpointWeightsAndCapacities",
}


def container_of(model: str) -> Container:
    """The container of a model moto holds. Raises ArtifactUnavailable when there is not exactly one."""
    found = _backend()._models.get(model)  # noqa: SLF001  moto offers it by no other name
    if found is None:
        raise ArtifactUnavailable(f'Could not find model "{arn("model", model)}".')
    definitions = [found.primary_container] if found.primary_container else found.containers
    if len(definitions) != 1:
        raise ArtifactUnavailable(f"Model {model}: the local cloud serves models of one container.")
    definition = definitions[0]
    if "ModelPackageName" in definition:
        definition = _packaged(definition)
    return Container.from_definition(definition)


def role_of(model: str) -> str | None:
    """The execution role of a model moto holds; None when there is no such model."""
    found = _backend()._models.get(model)  # noqa: SLF001  moto offers it by no other name
    return None if found is None else str(found.execution_role_arn)


def _packaged(definition: Request) -> Request:
    """The definition in a model package, with the environment of both; the model's own goes first."""
    try:
        package = _backend().describe_model_package(definition["ModelPackageName"])
    except ValidationError as error:
        raise ArtifactUnavailable(str(error)) from error
    packaged: Request = package.inference_specification["Containers"][0]
    environment = {**packaged.get("Environment", {}), **definition.get("Environment", {})}
    return {**packaged, "Environment": environment}


def forget(endpoint: str) -> None:
    """An endpoint is gone: moto's listing must not show it any more."""
    _backend().endpoints.pop(endpoint.lower(), None)


class ControlPlane:
    """The operations on endpoints and their configs, as moto's server calls them. Each raises Refused."""

    def __init__(self, hosting: Hosting, clock: Clock) -> None:
        self._hosting = hosting
        self._clock = clock
        self._originals: dict[str, Any] = {}

    def install(self) -> None:
        """Take the place of moto's operations, in this process, until ``uninstall``."""
        for method, operation in _REPLACED.items():
            self._originals[method] = vars(SageMakerResponse).get(method)
            setattr(SageMakerResponse, method, handler(operation, getattr(self, method)))
        self._originals["create_model"] = SageMakerResponse.create_model
        SageMakerResponse.create_model = _guarded_create_model(SageMakerResponse.create_model)

    def uninstall(self) -> None:
        """Give moto its operations back, without our endpoints."""
        for method, original in self._originals.items():
            if original is None:
                delattr(SageMakerResponse, method)
            else:
                setattr(SageMakerResponse, method, original)
        self._originals.clear()
        _backend().endpoints.clear()
        _backend().endpoint_configs.clear()

    def create_endpoint_config(self, request: Request) -> Request:
        """CreateEndpointConfig; a duplicate is a ValidationException, not ResourceInUse (aws-facts A1, COMM)."""
        config = EndpointConfig.from_request(request)
        record = ConfigRecord(config, request.get("Tags", []), self._clock.now())
        missing = [model for model in sorted(config.models) if model not in _backend()._models]  # noqa: SLF001
        if missing:
            raise Refused(f'Could not find model "{arn("model", missing[0])}".')
        if _backend().endpoint_configs.setdefault(config.name.lower(), record) is not record:
            raise Refused(f'Cannot create already existing endpoint configuration "{record.arn}".')
        return {"EndpointConfigArn": record.arn}

    def describe_endpoint_config(self, request: Request) -> Request:
        """DescribeEndpointConfig."""
        return self._config(request).describe()

    def delete_endpoint_config(self, request: Request) -> Request:
        """DeleteEndpointConfig; one in use is not protected (aws-facts A1, BC:sagemaker/DeleteEndpointConfig)."""
        self._config(request)
        del _backend().endpoint_configs[request["EndpointConfigName"].lower()]
        return {}

    def create_endpoint(self, request: Request) -> Request:
        """CreateEndpoint."""
        config = self._config(request).config
        endpoint = self._hosting.create(request["EndpointName"], config, request.get("DeploymentConfig"))
        record = EndpointRecord(partial(self._hosting.find, endpoint.name), request.get("Tags", []))
        _backend().endpoints[endpoint.name.lower()] = record
        return {"EndpointArn": endpoint.arn}

    def describe_endpoint(self, request: Request) -> Request:
        """DescribeEndpoint."""
        return describe(self._hosting.find(request["EndpointName"]))

    def update_endpoint(self, request: Request) -> Request:
        """UpdateEndpoint."""
        name = request["EndpointName"]
        endpoint = self._hosting.find(name)
        excluded = {kind["VariantPropertyType"] for kind in request.get("ExcludeRetainedVariantProperties", ())}
        self._hosting.update(
            name,
            self._config(request).config,
            Retention(request.get("RetainAllVariantProperties", False), excluded),
            request.get("DeploymentConfig"),
            retains_deployment=request.get("RetainDeploymentConfig", False),
        )
        return {"EndpointArn": endpoint.arn}

    def update_endpoint_weights_and_capacities(self, request: Request) -> Request:
        """UpdateEndpointWeightsAndCapacities."""
        changes = [
            Desired(change["VariantName"], change.get("DesiredWeight"), change.get("DesiredInstanceCount"))
            for change in request["DesiredWeightsAndCapacities"]
        ]
        self._hosting.rescale(request["EndpointName"], changes)
        return {"EndpointArn": arn("endpoint", request["EndpointName"])}

    def delete_endpoint(self, request: Request) -> Request:
        """DeleteEndpoint; it is Deleting for a while, then gone."""
        self._hosting.delete(request["EndpointName"])
        return {}

    def _config(self, request: Request) -> ConfigRecord:
        name = request["EndpointConfigName"]
        record = _backend().endpoint_configs.get(name.lower())
        if not isinstance(record, ConfigRecord):
            raise Refused(f'Could not find endpoint configuration "{arn("endpoint-config", name)}".')
        return record


def _backend() -> Any:
    return sagemaker_backends[ACCOUNT][REGION]


def _guarded_create_model(original: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    """The CreateModel of moto, which would overwrite a model of the same name and forget its network isolation."""

    def create_model(response: Any) -> ActionResult:
        request = dict(response.params)
        name = request["ModelName"]

        def perform() -> ActionResult:
            if name in _backend()._models:  # noqa: SLF001  moto offers it by no other name
                raise Refused(f'Cannot create already existing model "{arn("model", name)}".')
            result = original(response)
            isolation = request.get("EnableNetworkIsolation", False)
            _backend()._models[name].enable_network_isolation = isolation  # noqa: SLF001  likewise
            return result

        return answered("CreateModel", request, perform)

    return create_model

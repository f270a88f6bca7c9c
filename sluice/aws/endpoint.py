"""Read and change a SageMaker endpoint and its configs; every change can be asked for twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.domain.endpoint_config import Composition, Variant
from sluice.domain.errors import EndpointBusy, EndpointConfigLost, EndpointNotFound

IN_SERVICE = "InService"
# While in one of these SageMaker refuses every change, and leaves it by itself:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
_CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True, slots=True)
class VariantState:
    """One production variant right now.

    Attributes:
        name: The slot.
        model_name: The SageMaker model in it.
        weight: Traffic weight in effect.
        desired_weight: Traffic weight asked for.
        instances: Instances in service.

    """

    name: str
    model_name: str
    weight: float
    desired_weight: float
    instances: int


@dataclass(frozen=True, slots=True)
class EndpointState:
    """An endpoint right now.

    Attributes:
        name: Endpoint name.
        status: ``EndpointStatus`` of SageMaker.
        config_name: The endpoint config that is serving.
        failure_reason: Why the last change failed, if it did; such an endpoint may well be InService.
        variants: Production variants in the order of the config.

    """

    name: str
    status: str
    config_name: str
    failure_reason: str | None
    variants: tuple[VariantState, ...]

    @property
    def is_changing(self) -> bool:
        """Whether SageMaker would refuse a change now and may accept it later."""
        return self.status in _CHANGING

    @property
    def desired_weights(self) -> dict[str, float]:
        """The traffic weights asked for, by variant."""
        return {variant.name: variant.desired_weight for variant in self.variants}

    def routes_by(self, weights: Mapping[str, int]) -> bool:
        """Whether exactly these traffic weights are in effect; a change that SageMaker took back left the old ones."""
        return self.status == IN_SERVICE and {variant.name: variant.weight for variant in self.variants} == weights


class Endpoints:
    """The SageMaker endpoints of this account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> "Endpoints":
        """With the SDK's standard retries: nobody waits on the other side of these calls."""
        return cls(connect("sagemaker", Config(connect_timeout=5, read_timeout=20)))

    def describe(self, name: str) -> EndpointState:
        """The endpoint right now. Raises EndpointNotFound."""
        try:
            found = self._client.describe_endpoint(EndpointName=name)
        except ClientError as refused:
            raise _meaning(refused, name) from refused
        config = self._config(found["EndpointConfigName"])
        models = {variant["VariantName"]: variant["ModelName"] for variant in config["ProductionVariants"]}
        return EndpointState(
            name=name,
            status=found["EndpointStatus"],
            config_name=found["EndpointConfigName"],
            failure_reason=found.get("FailureReason"),
            variants=tuple(_variant(form, models) for form in found.get("ProductionVariants", [])),
        )

    def _config(self, name: str) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._client.describe_endpoint_config(EndpointConfigName=name)
        except ClientError as refused:
            if "Could not find" in refused.response["Error"].get("Message", ""):
                raise EndpointConfigLost(
                    f"the endpoint serves by the config {name}, which somebody deleted: create a config of that name "
                    "with the variants the endpoint shows"
                ) from refused
            raise
        return found

    def live_variants(self, state: EndpointState) -> list[Variant]:
        """What an endpoint serves: the containers of its models and the weights asked for."""
        found = []
        for variant in state.variants:
            model = self._client.describe_model(ModelName=variant.model_name)
            container = model.get("PrimaryContainer") or model["Containers"][0]
            found.append(Variant(variant.name, container, variant.desired_weight, variant.instances or None))
        return found

    def ensure(self, composed: Composition) -> None:
        """Create the models and the endpoint config that are not there yet.

        A config of that name with other content is replaced. A name of a model always carries its content's hash.
        """
        for model in composed.models:
            self._create(self._client.create_model, model)
        if not self._create(self._client.create_endpoint_config, composed.config) and not self._is_there(composed):
            self.delete_config(composed.config_name)
            self._create(self._client.create_endpoint_config, composed.config)

    def has_config(self, name: str) -> bool:
        """Whether an endpoint config can be found; one just made may take a moment to be.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
        """
        try:
            self._config(name)
        except EndpointConfigLost:
            return False
        return True

    def _create(self, create: Callable[..., Any], parameters: Mapping[str, Any]) -> bool:
        """Whether it was created now, and not before."""
        try:
            create(**parameters)
        except ClientError as refused:
            if "already existing" not in refused.response["Error"].get("Message", ""):
                raise
            return False
        return True

    def _is_there(self, composed: Composition) -> bool:
        """Whether the config of that name says what is composed; SageMaker may have added to it."""
        found = self._client.describe_endpoint_config(EndpointConfigName=composed.config_name)
        return _holds(found, composed.config)

    def delete_config(self, name: str) -> None:
        """Delete an endpoint config, if it is there."""
        try:
            self._client.delete_endpoint_config(EndpointConfigName=name)
        except ClientError as refused:
            if "Could not find" not in refused.response["Error"].get("Message", ""):
                raise

    def set_weights(self, name: str, weights: Mapping[str, int]) -> None:
        """Ask for traffic weights. Raises EndpointBusy while another change is under way, EndpointNotFound."""
        desired = [{"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()]
        try:
            self._client.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=desired)
        except ClientError as refused:
            raise _meaning(refused, name) from refused


def _variant(form: Mapping[str, Any], models: Mapping[str, str]) -> VariantState:
    weight = form.get("CurrentWeight", 0.0)
    return VariantState(
        name=form["VariantName"],
        model_name=models.get(form["VariantName"], ""),
        weight=weight,
        desired_weight=form.get("DesiredWeight", weight),
        instances=form.get("CurrentInstanceCount", 0),
    )


def _holds(found: Any, wanted: Any) -> bool:
    """Whether everything wanted is found, in the same order where order matters."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(found or ()) == len(wanted) and all(map(_holds, found, wanted))
    return bool(found == wanted)


def _meaning(refused: ClientError, name: str) -> Exception:
    """SageMaker says ValidationException to everything; only the message tells busy and missing from wrong."""
    message = refused.response["Error"].get("Message", "")
    if "Could not find endpoint" in message:
        return EndpointNotFound(f"there is no endpoint {name}")
    if "in-progress" in message:
        return EndpointBusy(f"{name} is being changed: {message}")
    unexplained: Exception = refused
    return unexplained

"""Read and change a SageMaker endpoint and its configs; every change can be asked for twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.domain.endpoint_config import Variant
from sluice.domain.errors import EndpointBusy, EndpointNotFound

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

    def live_variants(self) -> list[Variant]:
        """What is being served, as an endpoint config would say it."""
        return [Variant(v.name, v.model_name, v.desired_weight, v.instances or None) for v in self.variants]


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
        config = self._client.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
        models = {variant["VariantName"]: variant["ModelName"] for variant in config["ProductionVariants"]}
        return EndpointState(
            name=name,
            status=found["EndpointStatus"],
            config_name=found["EndpointConfigName"],
            failure_reason=found.get("FailureReason"),
            variants=tuple(_variant(form, models) for form in found.get("ProductionVariants", [])),
        )

    def ensure_config(self, config: Mapping[str, Any]) -> None:
        """Create an endpoint config unless it is there; a name carries its content's hash, so there means equal."""
        try:
            self._client.create_endpoint_config(**config)
        except ClientError as refused:
            if "already existing" not in refused.response["Error"].get("Message", ""):
                raise

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


def _meaning(refused: ClientError, name: str) -> Exception:
    """SageMaker says ValidationException to everything; only the message tells busy and missing from wrong."""
    message = refused.response["Error"].get("Message", "")
    if "Could not find endpoint" in message:
        return EndpointNotFound(f"there is no endpoint {name}")
    if "in-progress" in message or "Cannot update" in message:
        return EndpointBusy(f"{name} is being changed: {message}")
    unexplained: Exception = refused
    return unexplained

"""Read and change a SageMaker endpoint and its configs; every change can be asked for twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.aws.refusal import meaning, message
from sluice.domain.endpoint_config import Composition, Variant
from sluice.domain.errors import EndpointConfigLost

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
        shadow: The variant that gets a copy of the requests, if any.
        has_config: Whether that config still exists; without it nobody can say which models are in the variants, and
            the names of the models are empty.

    """

    name: str
    status: str
    config_name: str
    failure_reason: str | None
    variants: tuple[VariantState, ...]
    shadow: VariantState | None = None
    has_config: bool = True

    @property
    def is_changing(self) -> bool:
        """Whether SageMaker would refuse a change now and may accept it later."""
        return self.status in _CHANGING

    @property
    def desired_weights(self) -> dict[str, float]:
        """The traffic weights asked for, by variant."""
        return {variant.name: variant.desired_weight for variant in self.variants}

    def routes_by(self, weights: Mapping[str, float]) -> bool:
        """Whether exactly these traffic weights are in effect; a change that SageMaker took back left the old ones."""
        return self.status == IN_SERVICE and {variant.name: variant.weight for variant in self.variants} == weights


class Endpoints:
    """The SageMaker endpoints of this account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._containers: dict[str, Mapping[str, Any]] = {}  # a model never changes

    @classmethod
    def connect(cls) -> "Endpoints":
        """With the SDK's standard retries: nobody waits on the other side of these calls."""
        return cls(connect("sagemaker", Config(connect_timeout=5, read_timeout=20)))

    def describe(self, name: str) -> EndpointState:
        """The endpoint right now. Raises EndpointNotFound, EndpointConfigLost."""
        state = self.look(name)
        if not state.has_config:
            raise EndpointConfigLost(
                f"the endpoint serves by the config {state.config_name}, which somebody deleted: create a config of "
                "that name with the variants the endpoint shows"
            )
        return state

    def look(self, name: str) -> EndpointState:
        """The endpoint right now, whether or not its config is still there. Raises EndpointNotFound."""
        try:
            found = self._client.describe_endpoint(EndpointName=name)
        except ClientError as refused:
            raise meaning(refused, name) from refused
        config = self._config(found["EndpointConfigName"])
        models = {variant["VariantName"]: variant["ModelName"] for variant in _variants(config or {})}
        shadows = found.get("ShadowProductionVariants") or ()
        return EndpointState(
            name=name,
            status=found["EndpointStatus"],
            config_name=found["EndpointConfigName"],
            failure_reason=found.get("FailureReason"),
            variants=tuple(_variant(form, models) for form in found.get("ProductionVariants", [])),
            shadow=_variant(shadows[0], models) if shadows else None,
            has_config=config is not None,
        )

    def _config(self, name: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._client.describe_endpoint_config(EndpointConfigName=name)
        except ClientError as refused:
            if "Could not find" in message(refused):
                return None
            raise
        return found

    def live_variants(self, state: EndpointState) -> list[Variant]:
        """What an endpoint serves: the containers of its models and the weights asked for."""
        return [
            Variant(variant.name, self.container(variant.model_name), variant.desired_weight, variant.instances or None)
            for variant in state.variants
        ]

    def container(self, model_name: str) -> Mapping[str, Any]:
        """What is in a model; read once."""
        if model_name not in self._containers:
            model = self._client.describe_model(ModelName=model_name)
            self._containers[model_name] = model.get("PrimaryContainer") or model["Containers"][0]
        return self._containers[model_name]

    def prepare(self, composed: Composition) -> None:
        """``ensure``, with what SageMaker means by a refusal. Raises CapacityLacking, ChangeRefused."""
        try:
            self.ensure(composed)
        except ClientError as refused:
            raise meaning(refused, composed.config_name) from refused

    def update(
        self, name: str, config_name: str, *, keep_weights: bool, deployment: Mapping[str, Any] | None = None
    ) -> None:
        """Have the endpoint serve by a config; ``keep_weights`` of the variants it has, instead of the config's.

        SageMaker carries it out all at once, unless a DeploymentConfig is given. Raises EndpointBusy, CapacityLacking,
        EndpointConfigLost, EndpointNotFound, ChangeRefused.
        """
        # Instance counts are in the config where autoscaling owns them; capture is always the config's.
        kept = [{"VariantPropertyType": kind} for kind in ("DesiredInstanceCount", "DataCaptureConfig")]
        retained = {"ExcludeRetainedVariantProperties": kept} if keep_weights else {}
        guarded = {} if deployment is None else {"DeploymentConfig": deployment}
        try:
            self._client.update_endpoint(
                EndpointName=name,
                EndpointConfigName=config_name,
                RetainAllVariantProperties=keep_weights,
                **retained,
                **guarded,
            )
        except ClientError as refused:
            raise meaning(refused, name) from refused

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
        return self._config(name) is not None

    def _create(self, create: Callable[..., Any], parameters: Mapping[str, Any]) -> bool:
        """Whether it was created now, and not before."""
        try:
            create(**parameters)
        except ClientError as refused:
            if "already existing" not in message(refused):
                raise
            return False
        return True

    def _is_there(self, composed: Composition) -> bool:
        """Whether the config of that name says what is composed; SageMaker may have added to it, but no shadow."""
        found = self._client.describe_endpoint_config(EndpointConfigName=composed.config_name)
        return _holds(found, {"ShadowProductionVariants": [], **composed.config})

    def delete_config(self, name: str) -> None:
        """Delete an endpoint config, if it is there."""
        try:
            self._client.delete_endpoint_config(EndpointConfigName=name)
        except ClientError as refused:
            if "Could not find" not in message(refused):
                raise

    def set_weights(self, name: str, weights: Mapping[str, int]) -> None:
        """Ask for traffic weights.

        Raises EndpointBusy while another change is under way, EndpointNotFound, ChangeRefused.
        """
        desired = [{"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()]
        try:
            self._client.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=desired)
        except ClientError as refused:
            raise meaning(refused, name) from refused


def _variants(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*config.get("ProductionVariants", ()), *config.get("ShadowProductionVariants", ())]


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
        return len(found or ()) == len(wanted) and all(map(_holds, found or (), wanted))
    return bool(found == wanted)

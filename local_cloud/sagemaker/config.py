"""What does an endpoint config say, and which ones does SageMaker refuse?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from local_cloud.sagemaker.refusal import Refused

_STARTUP_SECONDS = 8 * 60.0
_NOT_EMULATED = ("AsyncInferenceConfig", "ExplainerConfig", "CrossRegionTrafficConfig")


@dataclass(frozen=True, slots=True)
class ProductionVariant:
    """One variant as a config declares it.

    Attributes:
        name: At most 63 characters.
        model: Name of the SageMaker model it runs.
        weight: InitialVariantWeight, relative to the sum of the weights; 1.0 when not given (aws-facts A1,
            BC:sagemaker/ProductionVariant).
        instances: InitialInstanceCount; 1 when not given.
        startup_seconds: How long /ping may take to pass: ContainerStartupHealthCheckTimeoutInSeconds, else 8 minutes
            (aws-facts A13, D:sagemaker/latest/dg/your-algorithms-inference-code).

    """

    name: str
    model: str
    weight: float
    instances: int
    startup_seconds: float

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> Self:
        """Read one member of ``ProductionVariants``. Raises Refused for kinds this cloud does not run."""
        name = request["VariantName"]
        if "ServerlessConfig" in request or "ModelName" not in request or "InstanceType" not in request:
            raise Refused(
                f"Variant {name}: the local cloud runs variants with a ModelName and an InstanceType only, "
                "neither serverless ones nor inference components."
            )
        return cls(
            name=name,
            model=request["ModelName"],
            weight=request.get("InitialVariantWeight", 1.0),
            instances=request.get("InitialInstanceCount", 1),
            startup_seconds=request.get("ContainerStartupHealthCheckTimeoutInSeconds", _STARTUP_SECONDS),
        )


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """An endpoint config: immutable once created.

    Attributes:
        name: At most 63 characters.
        variants: The production variants, 1 to 10.
        shadow: The one that gets a copy of the requests, if any.
        request: What CreateEndpointConfig was given; DescribeEndpointConfig repeats it.

    """

    name: str
    variants: tuple[ProductionVariant, ...]
    shadow: ProductionVariant | None
    request: Mapping[str, Any]

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> Self:
        """Read the parameters of CreateEndpointConfig, already checked against the service model.

        Raises Refused for what SageMaker refuses and for what this cloud does not emulate:
        a shadow variant beside more than one production variant (aws-facts A5, BC:sagemaker/CreateEndpointConfigInput),
        one name twice, weights that are all zero (undocumented by AWS, aws-facts A1 UNSURE: refused here).
        """
        unknown = [field for field in _NOT_EMULATED if field in request]
        if unknown:
            raise Refused(f"The local cloud does not emulate {', '.join(unknown)}.")
        variants = tuple(map(ProductionVariant.from_request, request["ProductionVariants"]))
        shadows = tuple(map(ProductionVariant.from_request, request.get("ShadowProductionVariants", ())))
        _check_names([variant.name for variant in variants + shadows])
        if shadows and (len(variants), len(shadows)) != (1, 1):
            raise Refused(
                "If you use ShadowProductionVariants, you can only specify one variant for ProductionVariants and one "
                f"variant for ShadowProductionVariants, got {len(variants)} and {len(shadows)}."
            )
        check_weights({variant.name: variant.weight for variant in variants})
        return cls(request["EndpointConfigName"], variants, shadows[0] if shadows else None, dict(request))

    @property
    def processes(self) -> tuple[ProductionVariant, ...]:
        """Every variant that needs a running model: production and shadow."""
        return self.variants if self.shadow is None else (*self.variants, self.shadow)

    @property
    def models(self) -> set[str]:
        """Names of the models it needs."""
        return {variant.model for variant in self.processes}


def check_weights(weights: Mapping[str, float]) -> None:
    """Raise Refused when no variant could be chosen."""
    if sum(weights.values()) <= 0:
        raise Refused(f"At least one variant weight must be greater than 0, got {dict(weights)}.")


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refused(f"Variant names must be unique within an endpoint configuration, got twice: {', '.join(twice)}.")

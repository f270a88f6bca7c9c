"""Which endpoint config serves the declared shape with the models that are live?

The stack owns HOW an endpoint runs (instances, capture, keys); releases own WHAT it serves (models, weights). An
endpoint config holds both, so both sides compose it here: ``declared shape x live variants``. Its name carries a hash
of its content: the same content is the same config, and composing twice changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

_NAME_HASH_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Variant:
    """One production variant of an endpoint.

    Attributes:
        name: The slot, such as ``champion``.
        model_name: Name of the SageMaker model in it.
        weight: Its traffic weight; whole percents in what Sluice writes.
        instances: How many instances it runs on; None leaves it to the shape.

    """

    name: str
    model_name: str
    weight: float
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the stack declares of one endpoint.

    Attributes:
        endpoint: Endpoint name.
        variants: The variants a new endpoint starts with.
        shape: Fields of ``ProductionVariant`` that all variants share: InstanceType, InitialInstanceCount, …
        config: Fields of ``CreateEndpointConfig`` beside the variants: DataCaptureConfig, KmsKeyId, …
        shadow: Name of the model that gets a copy of the requests, if any.
        keeps_instance_counts: Whether autoscaling owns the instance counts, so that live counts are kept.

    """

    endpoint: str
    variants: Sequence[Variant]
    shape: Mapping[str, Any]
    config: Mapping[str, Any]
    shadow: str | None = None
    keeps_instance_counts: bool = False

    @classmethod
    def from_dict(cls, endpoint: str, form: Mapping[str, Any]) -> Self:
        """Read the form in which the stack hands a declaration to its custom resource. Raises KeyError."""
        variants = (Variant(v["name"], v["model_name"], v["weight"]) for v in form["variants"])
        return cls(
            endpoint=endpoint,
            variants=tuple(variants),
            shape=form["shape"],
            config=form["config"],
            shadow=form.get("shadow"),
            keeps_instance_counts=form.get("keeps_instance_counts", False),
        )


def variants_to_serve(declared: Declaration, live: Sequence[Variant]) -> list[Variant]:
    """Live variants stay as they are; declared ones that are not live yet join with weight 0.

    On a new endpoint (nothing live) the declaration is taken as it stands.
    """
    if not live:
        return list(declared.variants)
    kept = [
        replace(variant, instances=variant.instances if declared.keeps_instance_counts else None) for variant in live
    ]
    names = {variant.name for variant in live}
    return kept + [replace(variant, weight=0) for variant in declared.variants if variant.name not in names]


def compose(declared: Declaration, live: Sequence[Variant] = ()) -> dict[str, Any]:
    """The parameters of ``CreateEndpointConfig``, name included."""
    config: dict[str, Any] = {
        **declared.config,
        "ProductionVariants": [_production(declared, variant) for variant in variants_to_serve(declared, live)],
    }
    if declared.shadow is not None:
        shadow = Variant("shadow", declared.shadow, weight=1)
        config["ShadowProductionVariants"] = [_production(declared, shadow)]
    return {"EndpointConfigName": f"{declared.endpoint}-{content_hash(config)}", **config}


def content_hash(content: Mapping[str, Any]) -> str:
    """Ten hexadecimal digits that change with any part of the content."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_NAME_HASH_LENGTH]


def _production(declared: Declaration, variant: Variant) -> dict[str, Any]:
    counts = {} if variant.instances is None else {"InitialInstanceCount": variant.instances}
    return {
        **declared.shape,
        **counts,
        "VariantName": variant.name,
        "ModelName": variant.model_name,
        "InitialVariantWeight": float(variant.weight),
    }

"""Which endpoint config, and which models, serve what is live in the declared shape?

The stack owns HOW an endpoint runs (instances, image, network, capture, keys); releases own WHAT it serves (artifacts,
weights). SageMaker's models and endpoint configs hold both, so both sides compose them here: ``declared shape x live
variants``. Their names carry a hash of their content: composing twice changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

SHADOW = "shadow"
_NAME_HASH_LENGTH = 10
# What of a container belongs to the version in it; everything else is the stack's, or SageMaker's own addition.
_VERSIONS_OWN = ("ModelDataUrl", "ModelDataSource", "ModelPackageName", "InferenceSpecificationName", "Environment")


@dataclass(frozen=True, slots=True)
class Variant:
    """One production variant of an endpoint.

    Attributes:
        name: The slot, such as ``champion``.
        container: What is in it, in the words of ``ContainerDefinition``: ModelDataUrl, Environment, …
        weight: Its traffic weight; whole percents in what Sluice writes.
        instances: How many instances it runs on; None leaves it to the shape.

    """

    name: str
    container: Mapping[str, Any]
    weight: float
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the stack declares of one endpoint.

    Attributes:
        endpoint: Endpoint name.
        variants: The variants a new endpoint starts with.
        image: URI of the container image that every variant runs.
        model: Fields of ``CreateModel`` that all models share: ExecutionRoleArn, VpcConfig, EnableNetworkIsolation.
        shape: Fields of ``ProductionVariant`` that all variants share: InstanceType, InitialInstanceCount, …
        config: Fields of ``CreateEndpointConfig`` beside the variants: DataCaptureConfig, KmsKeyId, …
        shadow: Artifact of the model that gets a copy of the requests, if any.
        keeps_instance_counts: Whether autoscaling owns the instance counts, so that live counts are kept.

    """

    endpoint: str
    variants: Sequence[Variant]
    image: str
    model: Mapping[str, Any]
    shape: Mapping[str, Any]
    config: Mapping[str, Any]
    shadow: str | None = None
    keeps_instance_counts: bool = False

    @classmethod
    def from_dict(cls, endpoint: str, form: Mapping[str, Any]) -> Self:
        """Read the form in which the stack hands a declaration to its custom resource. Raises KeyError."""
        variants = (Variant(v["name"], {"ModelDataUrl": v["artifact"]}, v["weight"]) for v in form["variants"])
        return cls(
            endpoint=endpoint,
            variants=tuple(variants),
            image=form["image"],
            model=form["model"],
            shape=form["shape"],
            config=form["config"],
            shadow=form.get("shadow"),
            keeps_instance_counts=form.get("keeps_instance_counts", False),
        )


@dataclass(frozen=True, slots=True)
class Composition:
    """What to create before an endpoint can serve.

    Attributes:
        models: Parameters of ``CreateModel``, one a variant.
        config: Parameters of ``CreateEndpointConfig``.

    """

    models: Sequence[Mapping[str, Any]]
    config: Mapping[str, Any]

    @property
    def config_name(self) -> str:
        """Name of the endpoint config."""
        return str(self.config["EndpointConfigName"])

    def under(self, config_name: str) -> Self:
        """The same under another name of the config."""
        return replace(self, config={**self.config, "EndpointConfigName": config_name})


def variants_to_serve(
    declared: Declaration, live: Sequence[Variant], *, shadow: Mapping[str, Any] | None = None
) -> list[Variant]:
    """Live variants stay as they are; declared ones that are not live yet join with weight 0.

    On a new endpoint (nothing live) the declaration is taken as it stands. Beside the shadow of a release nobody joins:
    SageMaker allows one production variant there.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """
    if not live:
        return list(declared.variants)
    kept = [
        replace(variant, instances=variant.instances if declared.keeps_instance_counts else None) for variant in live
    ]
    names = {variant.name for variant in live}
    joining = () if shadow is not None else (variant for variant in declared.variants if variant.name not in names)
    return kept + [replace(variant, weight=0) for variant in joining]


def compose(
    declared: Declaration, live: Sequence[Variant] = (), *, shadow: Mapping[str, Any] | None = None
) -> Composition:
    """The models and the endpoint config that serve the live variants as declared.

    ``shadow`` is the container that a release lets shadow the champion; it stays. Without one the declared shadow is
    taken, unless there is more than one variant to serve.
    """
    variants = variants_to_serve(declared, live, shadow=shadow)
    if shadow is None and declared.shadow is not None and len(variants) == 1:
        shadow = {"ModelDataUrl": declared.shadow}
    return composed_of(declared, variants, shadow=shadow)


def composed_of(
    declared: Declaration, variants: Sequence[Variant], *, shadow: Mapping[str, Any] | None = None
) -> Composition:
    """The models and the endpoint config of exactly these variants, in the declared shape."""
    models = [_model(declared, variant) for variant in variants]
    config: dict[str, Any] = {
        **declared.config,
        "ProductionVariants": [_production(declared, *pair) for pair in zip(variants, models, strict=True)],
    }
    if shadow is not None:
        # As heavy as all production together: a copy of every request, should SageMaker sample by the ratio.
        whole = sum(variant.weight for variant in variants)
        shadowing = Variant(SHADOW, shadow, whole)
        models.append(_model(declared, shadowing))
        config["ShadowProductionVariants"] = [_production(declared, shadowing, models[-1])]
    return Composition(models, {"EndpointConfigName": f"{declared.endpoint}-{content_hash(config)}", **config})


def artifact_of(container: Mapping[str, Any]) -> str | None:
    """S3 URL of what a container serves; None for one that names none, as that of a registered package may."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    found = container.get("ModelDataUrl") or source.get("S3Uri")
    return str(found) if found else None


def content_hash(content: Mapping[str, Any]) -> str:
    """Ten hexadecimal digits that change with any part of the content."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_NAME_HASH_LENGTH]


def _model(declared: Declaration, variant: Variant) -> dict[str, Any]:
    """The version of a variant in the declared image; a registered package brings an image of its own."""
    container = {key: variant.container[key] for key in _VERSIONS_OWN if variant.container.get(key)}
    if "ModelPackageName" not in container:
        container["Image"] = declared.image
    if "ModelDataUrl" in container:
        container.pop("ModelDataSource", None)  # two descriptions of the same artifact, of which one may be given
    fields = {**declared.model, "PrimaryContainer": container}
    return {"ModelName": f"{declared.endpoint}-{content_hash(fields)}", **fields}


def _production(declared: Declaration, variant: Variant, model: Mapping[str, Any]) -> dict[str, Any]:
    counts = {} if variant.instances is None else {"InitialInstanceCount": variant.instances}
    return {
        **declared.shape,
        **counts,
        "VariantName": variant.name,
        "ModelName": model["ModelName"],
        "InitialVariantWeight": float(variant.weight),
    }

"""Where do a model's requests go? The table that the serving path holds and releases write."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sluice.domain.errors import InvalidWeights, ModelNotFound
from sluice.domain.signature import Signature
from sluice.domain.variant import check_weights


@dataclass(frozen=True, slots=True)
class Routing:
    """One model's routing table.

    Attributes:
        model: Model name, as in the API's paths.
        endpoint: SageMaker endpoint name.
        salt: Seeds the assignment of units; a new salt reshuffles all units.
        weights: Whole percents by variant; they sum to 100.
        versions: Model version by variant.
        signature: What the model takes and gives; every variant of it accepts the same inputs.
        revision: Counts writes; a write names the revision it read.

    """

    model: str
    endpoint: str
    salt: str
    weights: Mapping[str, int]
    versions: Mapping[str, str]
    signature: Signature
    revision: int = 0

    def __post_init__(self) -> None:
        check_weights(self.weights)
        if self.weights.keys() != self.versions.keys():
            raise InvalidWeights(
                f"each variant has a weight and a version, got weights of {sorted(self.weights)} "
                f"and versions of {sorted(self.versions)}"
            )

    def with_weights(self, weights: Mapping[str, int]) -> Self:
        """The next revision with other weights; variants left out get 0. Raises InvalidWeights."""
        unknown = weights.keys() - self.versions.keys()
        if unknown:
            raise InvalidWeights(f"the endpoint has {sorted(self.versions)}, not {sorted(unknown)}")
        full = {variant: weights.get(variant, 0) for variant in self.versions}
        return replace(self, weights=full, revision=self.revision + 1)

    def with_declared_variants(self, declared: Self) -> Self:
        """Add variants that a deployment declares and this table lacks, at weight 0.

        Weights and versions that are here already belong to releases and stay as they are.
        """
        missing = declared.versions.keys() - self.versions.keys()
        if not missing:
            return self
        return replace(
            self,
            weights={**self.weights, **dict.fromkeys(sorted(missing), 0)},
            versions={
                **self.versions,
                **{variant: declared.versions[variant] for variant in sorted(missing)},
            },
            revision=self.revision + 1,
        )

    def variant_of_version(self, version: str) -> str:
        """The variant that serves a model version. Raises ModelNotFound."""
        for variant, served in self.versions.items():
            if served == version:
                return variant
        raise ModelNotFound(f"{self.model} has no version {version}; it serves {sorted(self.versions.values())}")

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as stored."""
        return {
            "model": self.model,
            "endpoint": self.endpoint,
            "salt": self.salt,
            "weights": dict(self.weights),
            "versions": dict(self.versions),
            "signature": self.signature.to_dict(),
            "revision": self.revision,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, InvalidWeights or InvalidSignature."""
        return cls(
            model=form["model"],
            endpoint=form["endpoint"],
            salt=form["salt"],
            weights={variant: int(weight) for variant, weight in form["weights"].items()},
            versions=dict(form["versions"]),
            signature=Signature.from_dict(form["signature"]),
            revision=int(form.get("revision", 0)),
        )

"""Where do a model's requests go? The table that the serving path holds and releases write."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from sluice.domain.errors import InvalidWeights, ModelNotFound
from sluice.domain.signature import Signature
from sluice.domain.variant import CHAMPION, check_weights

DEPLOY = "deploy"
"""The author of what a deployment writes into a table: no person's doing, and no release's."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Who sees a variant before it has a share of everybody's traffic.

    Attributes:
        variant: The variant they get.
        units: Assignment units.
        groups: Groups of callers: the token's claim ``groups``, or the header ``X-Sluice-Group``.

    """

    variant: str
    units: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def includes(self, unit: str, groups: Collection[str]) -> bool:
        """Whether a caller is among them."""
        return unit in self.units or not self.groups.isdisjoint(groups)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"variant": self.variant, "units": sorted(self.units), "groups": sorted(self.groups)}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError."""
        return cls(form["variant"], frozenset(form["units"]), frozenset(form["groups"]))


@dataclass(frozen=True, slots=True)
class Interleaving:
    """Two rankers are compared within each list: the champion, which is control, and one other.

    Attributes:
        treatment: The other variant.

    """

    treatment: str


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
        author: Who wrote this revision: ``DEPLOY``, ``rollout:<id>``, ``experiment:<id>``, or a person.
        preview: Who sees a variant before the others, if anybody.
        interleaving: Whose lists are drafted with the champion's when rows are ranked, if anybody's; predictions go by
            the weights all the same.

    """

    model: str
    endpoint: str
    salt: str
    weights: Mapping[str, int]
    versions: Mapping[str, str]
    signature: Signature
    revision: int = 0
    author: str = ""
    preview: Preview | None = None
    interleaving: Interleaving | None = None

    def __post_init__(self) -> None:
        check_weights(self.weights)
        if self.interleaving is not None and self.interleaving.treatment not in self.versions.keys() - {CHAMPION}:
            treatment, others = self.interleaving.treatment, sorted(self.versions.keys() - {CHAMPION})
            raise InvalidWeights(f"{treatment} is to be interleaved with the champion, beside which there are {others}")
        if self.preview is not None and self.preview.variant not in self.versions:
            raise InvalidWeights(f"{self.preview.variant} is to be previewed, but there are {sorted(self.versions)}")
        if self.weights.keys() != self.versions.keys():
            raise InvalidWeights(
                f"each variant has a weight and a version, got weights of {sorted(self.weights)} "
                f"and versions of {sorted(self.versions)}"
            )

    def with_weights(self, weights: Mapping[str, int], *, author: str = "") -> Self:
        """The next revision, which goes by these weights and nothing else; variants left out get 0.

        Raises InvalidWeights.
        """
        unknown = weights.keys() - self.versions.keys()
        if unknown:
            raise InvalidWeights(f"the endpoint has {sorted(self.versions)}, not {sorted(unknown)}")
        full = {variant: weights.get(variant, 0) for variant in self.versions}
        return replace(self, weights=full, revision=self.revision + 1, author=author, interleaving=None)

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
            author=declared.author,
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
            "author": self.author,
            "preview": self.preview.to_dict() if self.preview else None,
            "interleaving": asdict(self.interleaving) if self.interleaving else None,
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
            author=form.get("author", ""),
            preview=Preview.from_dict(form["preview"]) if form.get("preview") else None,
            interleaving=Interleaving(**form["interleaving"]) if form.get("interleaving") else None,
        )

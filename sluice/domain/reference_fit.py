"""Is a reference of this model? What it watches stands in the signature, and is counted as what it is there.

Less than that will do: inputs may be left out, and so may answers. Read is the JSON form of a reference, for whoever
registers or deploys a model needs no numpy.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sluice.domain.errors import InvalidReference, UnfitReference
from sluice.domain.signature import Datatype, Signature, TensorSpec

PREDICTED = "predicted"
_ONLY_WORDS = {Datatype.BYTES, Datatype.BOOL}
_MOST_NAMED = 5


def score_name(of: str) -> str:
    """The output feature that holds a class's score."""
    return f"score of {of}"


@dataclass(frozen=True, slots=True)
class _Feature:
    name: str
    role: str
    kind: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What a reference watches, in names.

    Attributes:
        features: Inputs and outputs, and as what they are counted.
        classes: In the order of the probabilities; none where answers of a classifier are not known.

    """

    features: tuple[_Feature, ...]
    classes: tuple[str, ...]

    @classmethod
    def from_dict(cls, form: Any) -> Self:
        """Of the JSON form of a reference, or of its bins. Raises InvalidReference."""
        try:
            features = tuple(_Feature(*(str(each[of]) for of in ("name", "role", "kind"))) for each in form["features"])
            return cls(features, tuple(map(str, form["classes"])))
        except (LookupError, TypeError) as wrong:
            raise InvalidReference(f"reference.json is no reference: {wrong}") from wrong

    def of(self, role: str) -> tuple[_Feature, ...]:
        """The features on one side of the model: ``input`` or ``output``."""
        return tuple(each for each in self.features if each.role == role)


def check_fit(reference: bytes, signature: Signature) -> None:
    """Raises UnfitReference for another model's reference.json, and InvalidReference for what is none."""
    try:
        form = json.loads(reference)
    except (ValueError, RecursionError) as wrong:
        raise InvalidReference(f"reference.json is not JSON: {wrong}") from wrong
    watched = Watched.from_dict(form)
    _refuse([*_of_inputs(watched, signature), *_of_answers(watched, signature)])


def check_served(watched: Watched, version: str, promised: Signature) -> None:
    """The same of a version that is served, by the signature that its model's routing table promises.

    That is the one the model was deployed with. Every version has its inputs; what another one answers, and in which
    order, is not known here. Raises UnfitReference.
    """
    answers = _of_answers(watched, promised) if promised.version == version else ()
    _refuse([*_of_inputs(watched, promised), *answers])


def _refuse(misfits: Sequence[str]) -> None:
    if misfits:
        told = "; ".join(misfits)
        raise UnfitReference(f"it is not of this model: {told}. Build it anew with `sluice reference build`")


def _of_inputs(watched: Watched, signature: Signature) -> Iterator[str]:
    yield from _of_side("inputs", watched.of("input"), signature.inputs)


def _of_answers(watched: Watched, signature: Signature) -> Iterator[str]:
    if watched.classes and watched.classes != signature.classes:
        ours, theirs = (", ".join(names) or "none" for names in (signature.classes, watched.classes))
        yield f"the classes of the signature are {ours}, in this order, those of the reference are {theirs}"
    told = {PREDICTED, *map(score_name, watched.classes)} if watched.classes else set()
    numbers = tuple(each for each in watched.of("output") if each.name not in told)
    yield from _of_side("outputs", numbers, signature.outputs)


def _of_side(side: str, features: Sequence[_Feature], tensors: Sequence[TensorSpec]) -> Iterator[str]:
    """What is wrong with the features on one side of a model."""
    known = {spec.name: spec for spec in tensors}
    unknown = [each.name for each in features if each.name not in known]
    if unknown:
        yield f"the signature has the {side} {_named(list(known))}, and not {_named(unknown)}"
    for each in features:
        spec = known.get(each.name)
        if spec is not None and not spec.is_scalar_row:
            yield f"{each.name} has several values a row in the signature, and is not watched"
        elif spec is not None and each.kind == "numeric" and spec.datatype in _ONLY_WORDS:
            yield f"{each.name} is {spec.datatype} in the signature, and is counted as numbers"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

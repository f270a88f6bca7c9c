"""Into which bins is everything counted? Fixed when a reference is built, so that counts of any windows add up.

The counters of a window stand in one row: feature by feature its cells, then what is missing, what is of the wrong
type, and for numbers what lies below or above the range and what is not finite. Then, for each class with scores, two
rows of its score bins: rows for which another class was predicted, and rows for which it was.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import Any, TypeAlias

from sluice.domain.drift.tolerance import Tolerance
from sluice.domain.errors import InvalidReference

_ID_DIGITS = 16


class Role(StrEnum):
    """On which side of the model a feature stands."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class NumericBins:
    """The cells of a numeric feature: (-inf, edge 0], (edge 0, edge 1], ... (last edge, inf).

    Attributes:
        name: Of the feature.
        edges: Growing and finite; none where the reference knew at most one value.
        low: The least value that is within the range.
        high: The largest.
        role: Input or output.

    """

    name: str
    edges: tuple[float, ...]
    low: float
    high: float
    role: Role = Role.INPUT

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_edges(self.name, self.edges)
        if not (isfinite(self.low) and isfinite(self.high) and self.low <= self.high):
            raise InvalidReference(f"{self.name}: low is at most high, both finite, got {self.low} and {self.high}")

    @property
    def cells(self) -> int:
        """How many."""
        return len(self.edges) + 1

    @property
    def slots(self) -> tuple[str, ...]:
        """What is counted beside the cells, in order."""
        return ("missing", "wrong_type", "below", "above", "non_finite")

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "role": self.role.value,
            "kind": "numeric",
            "edges": list(self.edges),
            "low": self.low,
            "high": self.high,
        }


@dataclass(frozen=True, slots=True)
class CategoricalBins:
    """The cells of a categorical feature: one for each known category, then one for all others.

    Attributes:
        name: Of the feature.
        categories: Names, the most frequent of the reference first.
        role: Input or output.

    """

    name: str
    categories: tuple[str, ...]
    role: Role = Role.INPUT

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(set(self.categories)) != len(self.categories) or "" in self.categories:
            raise InvalidReference(
                f"{self.name}: categories differ and are not empty, got {list(self.categories)!r:.99}"
            )

    @property
    def cells(self) -> int:
        """How many."""
        return len(self.categories) + 1

    @property
    def slots(self) -> tuple[str, ...]:
        """What is counted beside the cells, in order."""
        return ("missing", "wrong_type")

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "role": self.role.value,
            "kind": "categorical",
            "categories": list(self.categories),
        }


@dataclass(frozen=True, slots=True)
class ScoreBins:
    """The bins of a class's score, for performance without labels.

    Attributes:
        name: Of the class.
        edges: Growing and finite.

    """

    name: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_edges(self.name, self.edges)

    @property
    def cells(self) -> int:
        """How many."""
        return len(self.edges) + 1

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"class": self.name, "edges": list(self.edges)}


FeatureBins: TypeAlias = NumericBins | CategoricalBins


@dataclass(frozen=True)
class Binning:
    """All features and, for a classifier, the scores of its classes.

    Attributes:
        features: At least one; names differ.
        classes: Of a classifier, in the order of its probabilities; else empty.
        scores: One for each class, or only for the second of two; else empty.
        tolerance: Of a model that answers a number, where labels told at training how far it is off; else None.

    """

    features: tuple[FeatureBins, ...]
    classes: tuple[str, ...] = ()
    scores: tuple[ScoreBins, ...] = field(default=())
    tolerance: Tolerance | None = None

    def __post_init__(self) -> None:
        names = [feature.name for feature in self.features]
        if not names or len(set(names)) != len(names):
            raise InvalidReference(f"features: at least one, and names differ, got {names!r:.99}")
        if len(set(self.classes)) != len(self.classes):
            raise InvalidReference(f"classes: names differ, got {list(self.classes)!r:.99}")
        if tuple(score.name for score in self.scores) != scored(self.classes):
            raise InvalidReference(f"scores: one for each of {scored(self.classes)}, in this order")
        if self.tolerance is not None and (self.classes or self.tolerance.output not in names):
            raise InvalidReference(f"tolerance: of an output among the features, not of classes, got {self.tolerance}")

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def id(self) -> str:
        """Sixteen hexadecimal digits, the same exactly where counters mean the same."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:_ID_DIGITS]

    @cached_property
    def size(self) -> int:
        """How many counters there are."""
        last = self.scores_at[-1] if self.scores else self.features_at[-1]
        return int(last.stop)

    @cached_property
    def features_at(self) -> tuple[slice, ...]:
        """Where each feature's counters stand."""
        return tuple(_slices(0, [feature.cells + len(feature.slots) for feature in self.features]))

    @cached_property
    def scores_at(self) -> tuple[slice, ...]:
        """Where each scored class's counters stand, both rows."""
        return tuple(_slices(self.features_at[-1].stop, [2 * score.cells for score in self.scores]))

    def to_dict(self) -> Mapping[str, Any]:
        """JSON form."""
        return {
            "features": [feature.to_dict() for feature in self.features],
            "classes": list(self.classes),
            "scores": [score.to_dict() for score in self.scores],
            **({} if self.tolerance is None else {"tolerance": self.tolerance.to_dict()}),
        }


def scored(classes: tuple[str, ...]) -> tuple[str, ...]:
    """The classes whose scores are counted: of two the second, whose score tells the first's."""
    return classes[1:] if len(classes) == 2 else classes  # noqa: PLR2004


def _slices(start: int, widths: list[int]) -> Iterator[slice]:
    for width in widths:
        yield slice(start, start + width)
        start += width


def _check_name(name: str) -> None:
    if not name:
        raise InvalidReference("a feature or class needs a name")


def _check_edges(name: str, edges: tuple[float, ...]) -> None:
    growing = all(one < other for one, other in pairwise(edges))
    if not growing or not all(map(isfinite, edges)):
        raise InvalidReference(f"{name}: edges are finite and grow, got {list(edges)!r:.99}")

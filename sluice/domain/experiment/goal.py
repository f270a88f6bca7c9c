"""What does an experiment try to improve, and by how much must it improve to matter?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, Self

from sluice.domain.errors import InvalidExperiment


class GoalKind(StrEnum):
    """What one reward looks like."""

    BINARY = "binary"
    """It happened or it did not: 1 or 0."""

    MEAN = "mean"
    """An amount: revenue, seconds, an error."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What decides an experiment.

    Attributes:
        name: Of the reward, as feedback calls it.
        kind: What one reward looks like.
        higher_is_better: Whether a treatment wants more of it than control has.
        minimum_effect: The smallest improvement worth having, in the goal's units; a binary goal's are shares of one.
        cap: Largest absolute value of one reward; 1 for a binary goal. What is beyond it is refused, because a mean is
            only as trustworthy as its largest value.
        silence_is_zero: Whether a prediction that got no feedback within the maturation window counts as 0 (nobody
            bought) or not at all (the label is not known).

    """

    name: str
    kind: GoalKind = GoalKind.BINARY
    higher_is_better: bool = True
    minimum_effect: float = 0.0
    cap: float = 1.0
    silence_is_zero: bool = True

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidExperiment("a goal needs the name by which feedback calls it")
        if not isfinite(self.cap) or self.cap <= 0:
            raise InvalidExperiment(f"a goal's cap is a number above 0, got {self.cap}")
        if self.kind is GoalKind.BINARY and self.cap != 1:
            raise InvalidExperiment(f"a binary goal's rewards are 0 and 1: its cap is 1, got {self.cap}")
        if not 0 <= self.minimum_effect < self.cap:
            raise InvalidExperiment(
                f"minimum_effect is at least 0 and below the cap of one reward, {self.cap:g}, got {self.minimum_effect}"
            )

    @property
    def sign(self) -> int:
        """1 if more is better, else -1: what a difference is multiplied with so that improvements are above 0."""
        return 1 if self.higher_is_better else -1

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "higher_is_better": self.higher_is_better,
            "minimum_effect": self.minimum_effect,
            "cap": self.cap,
            "silence_is_zero": self.silence_is_zero,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, ValueError or InvalidExperiment."""
        return cls(
            name=form["name"],
            kind=GoalKind(form["kind"]),
            higher_is_better=bool(form.get("higher_is_better", True)),
            minimum_effect=float(form.get("minimum_effect", 0)),
            cap=float(form.get("cap", 1)),
            silence_is_zero=bool(form.get("silence_is_zero", True)),
        )

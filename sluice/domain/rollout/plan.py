"""What does a new version go through before it has all of the traffic? A list of stages, then a bake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self

from sluice.domain.errors import InvalidPlan
from sluice.domain.evidence.judgement import Rules
from sluice.domain.rollout.stage import Kind, Stage


@dataclass(frozen=True, slots=True)
class Bake:
    """The time after promotion in which the previous version is kept warm.

    Attributes:
        minutes: How long; 0 drops the previous version at once.
        holdback_percent: The previous version's share meanwhile: a control to compare the new champion with.

    """

    minutes: float = 30
    holdback_percent: int = 5

    def __post_init__(self) -> None:
        if self.minutes < 0 or not 0 <= self.holdback_percent <= 50:  # noqa: PLR2004  percents
            raise InvalidPlan(
                f"a bake lasts 0 minutes or more and holds back 0 to 50 percent, "
                f"got {self.minutes} and {self.holdback_percent}"
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rollout goes through.

    Attributes:
        name: What people call it: a preset's name, or ``custom``.
        stages: In order. After the last the candidate is promoted.
        bake: What follows promotion.
        rules: By which evidence is judged.
        horizon_minutes: From the first stage that compares; undecided then, a person decides.

    """

    name: str
    stages: tuple[Stage, ...]
    bake: Bake = Bake()
    rules: Rules = field(default_factory=Rules)
    horizon_minutes: float = 24 * 60

    def __post_init__(self) -> None:
        _check(self)

    @property
    def is_in_place(self) -> bool:
        """Whether the candidate replaces the champion at once, by SageMaker's own guardrails."""
        return any(stage.kind is Kind.IN_PLACE for stage in self.stages)

    @property
    def needs_captures(self) -> bool:
        """Whether a stage is left only when captured answers have been compared."""
        return any(stage.min_agreement is not None for stage in self.stages)

    def needs_pass(self, index: int) -> bool:
        """Whether a stage is the last that splits traffic: what comes after it teaches nothing before promotion."""
        later = self.stages[index + 1 :]
        return self.stages[index].splits_traffic and not any(stage.splits_traffic for stage in later)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "stages": [stage.to_dict() for stage in self.stages],
            "bake": {"minutes": self.bake.minutes, "holdback_percent": self.bake.holdback_percent},
            "rules": self.rules.to_dict(),
            "horizon_minutes": self.horizon_minutes,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, ValueError or InvalidPlan."""
        return cls(
            name=form["name"],
            stages=tuple(Stage.from_dict(stage) for stage in form["stages"]),
            bake=Bake(float(form["bake"]["minutes"]), int(form["bake"]["holdback_percent"])),
            rules=Rules.from_dict(form["rules"]),
            horizon_minutes=float(form["horizon_minutes"]),
        )


def _check(plan: Plan) -> None:
    """Raise InvalidPlan with the reason when a plan cannot be carried out."""
    if not plan.stages:
        raise InvalidPlan("a plan needs a stage")
    if not plan.horizon_minutes >= sum(stage.minutes for stage in plan.stages):
        raise InvalidPlan(f"horizon_minutes is shorter than the stages together, got {plan.horizon_minutes:g}")
    kinds = [stage.kind for stage in plan.stages]
    if Kind.IN_PLACE in kinds and (kinds[-1] is not Kind.IN_PLACE or set(kinds[:-1]) - {Kind.APPROVAL}):
        raise InvalidPlan(
            "in_place replaces the champion at once: before it there can be an approval, and nothing else"
        )
    shares = [stage.percent for stage in plan.stages if stage.takes_traffic]
    if any(later < earlier for earlier, later in pairwise(shares)):
        raise InvalidPlan(f"the candidate's share may only grow, got {shares}")
    takers = [index for index, stage in enumerate(plan.stages) if stage.takes_traffic]
    if Kind.SHADOW in kinds[min(takers, default=len(kinds)) :]:
        raise InvalidPlan("shadow comes before the stages that take traffic: SageMaker shadows a single variant only")

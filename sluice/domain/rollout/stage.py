"""What is one stage of a plan: which share of the traffic, for how long, and what ends it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, Self

from sluice.domain.endpoint_config import SHADOW
from sluice.domain.errors import InvalidPlan
from sluice.domain.evidence import agreement
from sluice.domain.variant import CHALLENGER, CHAMPION

EVERYBODY = 100
_SPLITTERS_NEED = 1, 99  # percent: both variants answer


class Kind(StrEnum):
    """The strategies a stage can follow."""

    IN_PLACE = "in_place"
    """The candidate replaces the champion in its slot, by SageMaker's own guardrails."""

    PREVIEW = "preview"
    """Recorded requests are put to the candidate, which gets no traffic (blue/green's check of the new fleet)."""

    INTERNAL = "internal_first"
    """Named units, or members of named groups, get the candidate; nobody else does."""

    SHADOW = "shadow"
    """The candidate gets a copy of every request; nobody sees its answers."""

    WEIGHT = "weight"
    """The candidate gets a share of the traffic: a step of a canary, linear or blue/green rollout."""

    AB_TEST = "ab_test"
    """A fixed share until the evidence decides."""

    BANDIT = "bandit"
    """Shares follow the rewards."""

    APPROVAL = "approval"
    """Waits for a person."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees a candidate before everybody else.

    Attributes:
        units: Assignment units, as in ``X-Sluice-Unit``.
        groups: Groups of callers: the token's claim ``groups``, or the header ``X-Sluice-Group``.

    """

    units: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.units and not self.groups:
            raise InvalidPlan("internal_first needs units or groups: whom should the candidate be shown to first?")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        kind: The strategy.
        percent: The candidate's share of the traffic in whole percents; 0 where it gets none.
        minutes: The shortest it lasts.
        floor_percent: Of a bandit: the least share of each variant.
        audience: Of internal_first.
        goal: Of ab_test and bandit: the name of the reward in feedback that decides; more of it is better.
        maturation_minutes: Of ab_test and bandit: a prediction counts when it is older; without a reward then, as 0.
        min_agreement: Of shadow: the share of agreement with the champion's answers that is asked for, from one half to
            below 1; None: the answers are compared, and nothing is asked of them.

    """

    kind: Kind
    percent: int = 0
    minutes: float = 0
    floor_percent: int = 0
    audience: Audience | None = None
    goal: str | None = None
    maturation_minutes: float = 60
    min_agreement: float | None = None

    def __post_init__(self) -> None:
        least, most = _shares(self.kind)
        if not least <= self.percent <= most:
            raise InvalidPlan(f"{self.kind}: percent is a whole number from {least} to {most}, got {self.percent}")
        if not (isfinite(self.minutes) and self.minutes >= 0):
            raise InvalidPlan(f"{self.kind}: minutes are 0 or more, got {self.minutes}")
        if not (isfinite(self.maturation_minutes) and self.maturation_minutes >= 0):
            raise InvalidPlan(f"{self.kind}: maturation_minutes are 0 or more, got {self.maturation_minutes}")
        if self.is_experiment and not self.goal:
            raise InvalidPlan(f"{self.kind}: goal is missing: the name of the reward in feedback that decides")
        if self.kind is Kind.BANDIT and not 1 <= self.floor_percent <= EVERYBODY // 2:
            raise InvalidPlan(
                f"{self.kind}: floor_percent is a whole number from 1 to 50, the least share of each variant, "
                f"got {self.floor_percent}"
            )
        if self.min_agreement is not None and not agreement.LEAST <= self.min_agreement < agreement.BELOW:
            raise InvalidPlan(f"{self.kind}: min_agreement is at least 0.5 and below 1, got {self.min_agreement:g}")
        if self.kind is Kind.INTERNAL and self.audience is None:
            raise InvalidPlan(f"{self.kind}: units or groups are missing: whom should the candidate be shown to first?")

    @property
    def takes_traffic(self) -> bool:
        """Whether a share of everybody's requests goes to the candidate."""
        return self.kind in {Kind.WEIGHT, Kind.AB_TEST, Kind.BANDIT}

    @property
    def splits_traffic(self) -> bool:
        """Whether both versions answer everybody, so that evidence of either decision can come of it."""
        return self.takes_traffic and self.percent < EVERYBODY

    @property
    def compares(self) -> bool:
        """Whether the candidate is compared with the champion meanwhile."""
        return self.splits_traffic or self.kind is Kind.SHADOW

    @property
    def is_experiment(self) -> bool:
        """Whether rewards decide."""
        return self.kind in {Kind.AB_TEST, Kind.BANDIT}

    @property
    def slot(self) -> str | None:
        """Where the candidate has to be; None where that does not matter."""
        return _SLOT[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        audience = {"units": list(self.audience.units), "groups": list(self.audience.groups)} if self.audience else None
        return {
            "kind": self.kind.value,
            "percent": self.percent,
            "minutes": self.minutes,
            "floor_percent": self.floor_percent,
            "audience": audience,
            "goal": self.goal,
            "maturation_minutes": self.maturation_minutes,
            "min_agreement": self.min_agreement,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, ValueError or InvalidPlan."""
        audience = form.get("audience")
        return cls(
            kind=Kind(form["kind"]),
            percent=int(form.get("percent", 0)),
            minutes=float(form.get("minutes", 0)),
            floor_percent=int(form.get("floor_percent", 0)),
            audience=Audience(tuple(audience["units"]), tuple(audience["groups"])) if audience else None,
            goal=form.get("goal"),
            maturation_minutes=float(form.get("maturation_minutes", 60)),
            min_agreement=form.get("min_agreement"),
        )


_SLOT: Mapping[Kind, str | None] = {
    **dict.fromkeys(Kind, CHALLENGER),
    Kind.IN_PLACE: CHAMPION,
    Kind.SHADOW: SHADOW,
    Kind.APPROVAL: None,
}


def _shares(kind: Kind) -> tuple[int, int]:
    """The least and the most percent of a kind."""
    if kind in {Kind.AB_TEST, Kind.BANDIT}:
        return _SPLITTERS_NEED
    return (1, EVERYBODY) if kind is Kind.WEIGHT else (0, 0)

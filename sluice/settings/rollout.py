"""What does a new version of a model go through? A plan by its name, or stage by stage, as ``rollout:`` says it."""

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sluice.domain.errors import InvalidPlan
from sluice.domain.evidence.rules import Rules
from sluice.domain.rollout.plan import Bake as PlannedBake
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.plan_form import read_plan
from sluice.settings.strict import BELOW, Strict

_USUAL = "canary"
_RULES = Rules()
_BAKE = PlannedBake()
_SECTION = "rollout"
_PLACE = re.compile(rf"{_SECTION}(?P<path>[\w.\[\]]*): (?P<reason>.*)", re.DOTALL)
_NOT_OF_THE_PLAN = {"on_approval", "keep_unused"}


class Bake(Strict):
    """The time after promotion in which the previous version is kept warm."""

    minutes: float = Field(default=_BAKE.minutes, strict=False)
    """How long the version before is kept warm after the promotion; 0 drops it at once."""

    holdback_percent: int = _BAKE.holdback_percent
    """Its share of the traffic meanwhile, 0 to 50: what the new champion is compared with."""


class Evidence(Strict):
    """By which rules a candidate is judged; docs/evidence.md explains them."""

    rollback_ratio: float = Field(default=_RULES.rollback_ratio, strict=False)
    """A candidate whose rate of errors, slow answers or breaches is certainly more than this many times the champion's
    is rolled back; 1 or more."""

    promote_ratio: float = Field(default=_RULES.promote_ratio, strict=False)
    """One whose rates are certainly less than this many times the champion's is good enough; above 1."""

    rollback_alpha: float = Field(default=_RULES.rollback_alpha, strict=False)
    """How often, at most, an acceptable version is rolled back."""

    promote_alpha: float = Field(default=_RULES.promote_alpha, strict=False)
    """How often, at most, a version beyond `promote_ratio` is promoted."""

    floor_rates: dict[str, float] = {kind.value: rate for kind, rate in _RULES.floor_rates.items()}  # noqa: RUF012  pydantic copies it
    """What is judged (`errors`, `slow`, `breaches`), each with the rate below which everything is good enough."""

    min_requests: int = _RULES.min_requests
    """Requests of each variant before anything passes."""

    min_events: int = _RULES.min_events
    """Events of the candidate before anything is rolled back."""

    min_minutes: float = Field(default=_RULES.min_minutes, strict=False)
    """Minutes of comparison before anything passes."""

    slow_factor: float = Field(default=_RULES.slow_factor, strict=False)
    """How many times the champion's p95 a request may take before it counts as slow; 1 or more."""

    least_slow_milliseconds: float = Field(default=_RULES.least_slow_milliseconds, strict=False)
    """What takes less is never slow: nobody notices."""

    mismatch_floor: float = Field(default=_RULES.mismatch_floor, strict=False)
    """How far, relative to what was asked for, the candidate's traffic may be off before nothing is decided by it."""


class Rollout(Strict):
    """How releases of a model are carried out."""

    plan: str | None = None
    """A preset: `canary`, `linear`, `rolling`, `blue_green`, `in_place`, `internal_first`, `shadow`, `ab_test`,
    `bandit`, or a blend: `shadow_then_canary`, `preview_then_canary`, `canary_then_approval`, `shadow_then_ab_test`.
    Left out, as `stages`: `canary`."""

    stages: list[str | dict[str, Any]] | None = None
    """Instead of `plan`: strategies in order, each by its name or with its settings, such as
    `[preview, canary: {percents: [5, 100]}]`."""

    percents: list[int] | None = None
    """Of plans with a canary: the candidate's growing shares. Left out: 1, 5, 25, 50, 100."""

    step_percent: int | None = None
    """Of `linear` (left out: 10) and `rolling` (25): the size of a step."""

    percent: int | None = None
    """Of plans with `ab_test` or `bandit`: the candidate's share at first. Left out: 50."""

    floor_percent: int | None = None
    """Of `bandit`: the least share of each variant. Left out: 10."""

    minutes: float | None = Field(default=None, strict=False)
    """The shortest time of each stage. Left out: 5 for a step, 30 for `shadow` and `internal_first`, 60 for an
    experiment."""

    min_agreement: float | None = Field(default=None, strict=False)
    """Of plans with `shadow`: the share of answers that must certainly agree with the champion's before the stage is
    left, from 0.5 to below 1; certainly fewer take the candidate back. Left out: answers are compared and shown, and
    their agreement decides nothing."""

    units: list[str] | None = None
    """Of `internal_first`: who sees the candidate first, by `X-Sluice-Unit`."""

    groups: list[str] | None = None
    """Of `internal_first`: the same by group: the token's claim `groups`, or the header `X-Sluice-Group`."""

    goal: str | None = None
    """Of plans with `ab_test` or `bandit`: the name of the reward in feedback that decides; more of it is better."""

    maturation_minutes: float | None = Field(default=None, strict=False)
    """Of plans with `ab_test` or `bandit`: a prediction counts when it is older than this; one that has no reward by
    then counts as 0. Left out: 60."""

    bake: Bake = Bake()
    evidence: Evidence = Evidence()

    horizon_minutes: float | None = Field(default=None, strict=False)
    """From the first comparison; undecided then, a person decides. Left out: a day, or twice the stages together."""

    on_approval: Literal["start", "ignore"] = "start"
    """What the approval of a registered version does: start its rollout, or nothing."""

    keep_unused: int = Field(default=3, ge=0)
    """How many endpoint configs that nothing refers to are kept, with their models, for people to go back to."""

    @model_validator(mode="after")
    def _check_plan(self) -> Self:
        try:
            self.to_plan()
        except InvalidPlan as wrong:
            raise _mistake(str(wrong)) from wrong
        return self

    def to_plan(self) -> Plan:
        """What a rollout goes through unless it brings a plan of its own. Raises InvalidPlan."""
        form = self.model_dump(exclude_none=True, exclude=_NOT_OF_THE_PLAN)
        usual = {} if {"plan", "stages"} & form.keys() else {"plan": _USUAL}
        return read_plan(usual | form, _SECTION)


def _mistake(said: str) -> PydanticCustomError:
    """A plan's error names its place, such as ``rollout.stages[1].percents``, from where the plan begins."""
    place = _PLACE.fullmatch(said)
    path, reason = (place["path"], place["reason"]) if place else ("", said)
    below = tuple(int(part) if part.isdigit() else part for part in re.findall(r"\w+", path))
    return PydanticCustomError("invalid_plan", "{reason}", {"reason": reason, BELOW: below})

"""What is an experiment? Which variants are compared, on which goal, for how long; illegal ones are refused.

Units are assigned by ``sluice.domain.assignment`` under the experiment's salt and weights: the same unit meets the same
variant, with nothing looked up and nothing written, however many first requests race.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from sluice.domain.errors import InvalidExperiment, InvalidWeights
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.variant import CHAMPION, check_weights, is_slot


class Mode(StrEnum):
    """How traffic is shared."""

    FIXED = "fixed"
    """A/B/n: fixed weights, sticky units."""

    BANDIT = "bandit"
    """Weights follow the rewards, batch by batch."""

    INTERLEAVING = "interleaving"
    """Two rankers answer every request and their lists are drafted into one."""


class Phase(StrEnum):
    """Where an experiment stands."""

    PENDING = "pending"
    RUNNING = "running"
    HELD = "held"
    """Something is wrong with how it is run, or its horizon has passed: a person decides."""

    SHIPPED = "shipped"
    """A treatment won, and a release of it was asked for."""

    STOPPED = "stopped"


_NEXT: Mapping[Phase, frozenset[Phase]] = {
    Phase.PENDING: frozenset({Phase.RUNNING, Phase.STOPPED}),
    Phase.RUNNING: frozenset({Phase.HELD, Phase.SHIPPED, Phase.STOPPED}),
    Phase.HELD: frozenset({Phase.RUNNING, Phase.SHIPPED, Phase.STOPPED}),
    Phase.SHIPPED: frozenset(),
    Phase.STOPPED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Experiment:
    """The record of one experiment; every write of it is conditional on ``revision``.

    Attributes:
        id: Sorts by time, as rollouts' ids do.
        model: Model name.
        variants: Slots compared; control, which is the champion, first.
        weights: Whole percents by slot that the experiment starts with; empty for interleaving, which asks two rankers
            for every request.
        goal: What decides.
        salt: Seeds the assignment of units; a new one for each experiment keeps its units independent of the last's.
        requested_by: Who asked: an ARN or a user's name.
        alpha: Chance of a wrong SHIP or STOP, over all looks and treatments together.
        horizon_days: Undecided after these, a person decides.
        covariate: Whether feedback brings a value known before the experiment, which takes variance away (CUPED).
        mode: How traffic is shared.
        maturation_minutes: A reward counts when its prediction is older than this; until then silence means nothing.
        unit_window_minutes: A unit counts once in each window of this length; None: once in the experiment. Sticky
            units that count more often are not independent of themselves, and intervals come out too narrow.
        floor_percent: Of a bandit: the least share of each variant.
        discount: Of a bandit: what a batch's rewards are worth when the next batch is in; 1 forgets nothing.
        started_at: Aware, UTC; None until it runs.
        phase: Where it stands.
        revision: Counts writes; a write names the revision it read.

    """

    id: str
    model: str
    variants: tuple[str, ...]
    weights: Mapping[str, int]
    goal: Goal
    salt: str
    requested_by: str
    alpha: float = 0.05
    horizon_days: float = 14
    covariate: bool = False
    mode: Mode = Mode.FIXED
    maturation_minutes: float = 60
    unit_window_minutes: float | None = None
    floor_percent: int = 5
    discount: float = 1.0
    started_at: datetime | None = None
    phase: Phase = Phase.PENDING
    revision: int = 0

    def __post_init__(self) -> None:
        _check_names(self)
        _check_variants(self)
        _check_numbers(self)
        if self.mode is Mode.INTERLEAVING:
            _check_interleaving(self)
        else:
            _check_shares(self)
        if (self.started_at is None) != (self.phase is Phase.PENDING) and self.phase is not Phase.STOPPED:
            raise InvalidExperiment(f"a {self.phase} experiment that started at {self.started_at} contradicts itself")

    @property
    def treatments(self) -> tuple[str, ...]:
        """What is compared with control."""
        return self.variants[1:]

    @property
    def is_over(self) -> bool:
        """Whether nothing can change it any more."""
        return not _NEXT[self.phase]

    def ends_at(self) -> datetime | None:
        """When its horizon passes; None until it runs."""
        return None if self.started_at is None else self.started_at + timedelta(days=self.horizon_days)

    def entering(self, phase: Phase, *, now: datetime) -> Self:
        """The next revision, in another phase. Raises InvalidExperiment where there is no way from here."""
        if phase not in _NEXT[self.phase]:
            raise InvalidExperiment(f"experiment {self.id} is {self.phase} and cannot become {phase}")
        started = now if self.started_at is None and phase is Phase.RUNNING else self.started_at
        return replace(self, phase=phase, started_at=started, revision=self.revision + 1)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as stored."""
        return {
            "id": self.id,
            "model": self.model,
            "variants": list(self.variants),
            "weights": dict(self.weights),
            "goal": self.goal.to_dict(),
            "salt": self.salt,
            "requested_by": self.requested_by,
            "alpha": self.alpha,
            "horizon_days": self.horizon_days,
            "covariate": self.covariate,
            "mode": self.mode.value,
            "maturation_minutes": self.maturation_minutes,
            "unit_window_minutes": self.unit_window_minutes,
            "floor_percent": self.floor_percent,
            "discount": self.discount,
            "started_at": self.started_at.isoformat() if self.started_at else None,
            "phase": self.phase.value,
            "revision": self.revision,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, TypeError, ValueError or InvalidExperiment."""
        started = form.get("started_at")
        return cls(
            **{
                **form,
                "variants": tuple(form["variants"]),
                "weights": {slot: int(weight) for slot, weight in form["weights"].items()},
                "goal": Goal.from_dict(form["goal"]),
                "mode": Mode(form.get("mode", Mode.FIXED)),
                "phase": Phase(form.get("phase", Phase.PENDING)),
                "started_at": datetime.fromisoformat(started) if started else None,
            }
        )


def _check_names(experiment: Experiment) -> None:
    for name in ("id", "model", "salt", "requested_by"):
        if not getattr(experiment, name):
            raise InvalidExperiment(f"an experiment needs its {name}")


def _check_variants(experiment: Experiment) -> None:
    variants = experiment.variants
    if len(variants) < 2:  # noqa: PLR2004
        raise InvalidExperiment(f"an experiment compares two variants or more, got {list(variants)}")
    if variants[0] != CHAMPION:
        raise InvalidExperiment(f"control is the champion and stands first, got {list(variants)}")
    if len(set(variants)) < len(variants) or not all(map(is_slot, variants)):
        raise InvalidExperiment(f"variants are different slots, challenger … challenger-9, got {list(variants)}")


def _check_numbers(experiment: Experiment) -> None:
    if not 0 < experiment.alpha < 0.5:  # noqa: PLR2004  at one half a coin would do
        raise InvalidExperiment(f"alpha, the chance of a wrong verdict, is between 0 and 0.5, got {experiment.alpha}")
    window = experiment.unit_window_minutes
    if not experiment.horizon_days > 0 or (window is not None and not window > 0):
        raise InvalidExperiment("horizon_days and unit_window_minutes are above 0")
    if not 0 <= experiment.maturation_minutes < experiment.horizon_days * 24 * 60:
        raise InvalidExperiment(
            f"maturation_minutes is at least 0 and shorter than the horizon of {experiment.horizon_days:g} days, "
            f"or no reward would ever count; got {experiment.maturation_minutes:g}"
        )


def _check_interleaving(experiment: Experiment) -> None:
    if len(experiment.variants) != 2:  # noqa: PLR2004
        raise InvalidExperiment(f"interleaving compares two rankers, got {list(experiment.variants)}")
    if experiment.weights:
        raise InvalidExperiment("interleaving asks both rankers for every request: it takes no weights")
    if experiment.covariate:
        raise InvalidExperiment("interleaving compares within each request: a covariate has nothing to explain")
    if experiment.goal.kind is not GoalKind.BINARY or not experiment.goal.higher_is_better:
        raise InvalidExperiment("interleaving counts which ranker was chosen: its goal is binary, higher is better")
    if experiment.goal.minimum_effect >= 0.5:  # noqa: PLR2004
        raise InvalidExperiment("interleaving's minimum_effect is on the share of wins beyond one half: below 0.5")


def _check_shares(experiment: Experiment) -> None:
    try:
        check_weights(experiment.weights)
    except InvalidWeights as wrong:
        raise InvalidExperiment(str(wrong)) from wrong
    if experiment.weights.keys() != set(experiment.variants):
        raise InvalidExperiment(
            f"each variant of the experiment has a weight, got {dict(experiment.weights)} "
            f"for {list(experiment.variants)}"
        )
    if experiment.covariate and experiment.goal.silence_is_zero:
        raise InvalidExperiment(
            "covariates come with feedback, so units without feedback have none: a covariate needs a goal whose "
            "silence_is_zero is false"
        )
    if experiment.mode is Mode.BANDIT:
        _check_bandit(experiment)
    least = experiment.floor_percent if experiment.mode is Mode.BANDIT else 1
    short = {slot: weight for slot, weight in experiment.weights.items() if weight < least}
    if short:
        raise InvalidExperiment(f"a variant with less than {least} % of the traffic teaches too little, got {short}")


def _check_bandit(experiment: Experiment) -> None:
    count, floor = len(experiment.variants), experiment.floor_percent
    if not 1 <= floor <= 100 // count:
        raise InvalidExperiment(
            f"a bandit keeps 1 to {100 // count} % on each of {count} variants: at 0 it could not see a variant "
            f"recover, nor could another policy be estimated from its log; got {floor}"
        )
    if not 0 < experiment.discount <= 1:
        raise InvalidExperiment(f"discount is above 0 and at most 1, got {experiment.discount}")

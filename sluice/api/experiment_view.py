"""How does an experiment look from outside? As the admin API answers it and ``sluice experiment --json`` prints it."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any, Self

from sluice.api.rollout_view import View
from sluice.domain.experiment.off_policy import OffPolicy, Value
from sluice.domain.experiment.run import Run
from sluice.domain.experiment.verdict import Comparison
from sluice.service.experiment_status import Status


class ExperimentView(View):
    """One experiment."""

    id: str
    model: str
    phase: str
    """pending, running, held, shipped or stopped."""

    mode: str
    """fixed, bandit or interleaving."""

    goal: dict[str, Any]
    variants: list[str]
    """Control first."""

    versions: dict[str, str]
    """Model version by variant."""

    weights: dict[str, int]
    """Percent of the traffic for each variant, as wanted now; predictions of interleaved rankers are the champion's."""

    alpha: float
    horizon_days: float
    maturation_minutes: float
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    """When its weights were first in effect."""

    ended_at: datetime | None
    reason: str
    """Of the last decision, with its numbers."""

    decided_by: str
    stop_asked_by: str | None
    """Who ended it, as long as the controller has not obeyed yet."""

    batch: int
    """Of a bandit: how many batches of rewards have moved its weights."""

    revision: int

    @classmethod
    def of(cls, run: Run) -> Self:
        """The experiment as it is shown."""
        return cls.model_validate(_form(run))


class ComparisonView(View):
    """One treatment beside control."""

    treatment: str
    verdict: str
    sentence: str
    estimate: float | None
    """Treatment less control in the goal's units; null while too little is known."""

    low: float | None
    high: float | None
    outcomes: int
    variance_reduction: float
    """Share of the variance that the covariate took away (CUPED)."""

    hours_left: float | None
    """Expected until decided; null when unknown or never."""

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """The comparison as it is shown."""
        interval = found.interval
        return cls(
            treatment=found.treatment,
            verdict=found.verdict,
            sentence=found.sentence,
            estimate=interval.estimate if interval else None,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            outcomes=found.outcomes,
            variance_reduction=found.variance_reduction,
            hours_left=found.hours_left,
        )


class ArmView(View):
    """What one variant has earned, at all weights together: to show, not to compare."""

    predictions: int
    outcomes: int
    mean: float


class DuelsView(View):
    """Who won how many of the lists that two rankers drafted."""

    lists: int
    """That were shown, clicked or not; some by one ranker alone, because the other failed."""

    treatment: int
    control: int
    ties: int
    """Clicked, and won by nobody: they decide nothing."""


class ExperimentStatusView(ExperimentView):
    """One experiment and what it comes to."""

    verdict: str
    """ship, stop, keep_going or hold."""

    sentence: str
    winner: str | None
    counted_until: datetime
    """Predictions made before this moment count: later ones have not matured."""

    arms: dict[str, ArmView]
    """Of interleaving none: its lists are of both."""

    duels: DuelsView | None
    """Of interleaving."""

    comparisons: list[ComparisonView]

    @classmethod
    def of_status(cls, status: Status) -> Self:
        """The status as it is shown."""
        compared = status.run.experiment.variants if status.duels is None else ()
        arms = {variant: status.observation.arm(variant) for variant in compared}
        return cls.model_validate(
            {
                **_form(status.run),
                "verdict": status.conclusion.verdict.value,
                "sentence": status.conclusion.sentence,
                "winner": status.conclusion.winner,
                "counted_until": status.counted_until,
                "arms": {
                    variant: ArmView(predictions=arm.units, outcomes=arm.outcomes.n, mean=arm.outcomes.mean)
                    for variant, arm in arms.items()
                },
                "duels": DuelsView(lists=status.lists, **asdict(status.duels)) if status.duels else None,
                "comparisons": [ComparisonView.of(each) for each in status.conclusion.comparisons],
            }
        )


class ExperimentsView(View):
    """Some experiments."""

    experiments: list[ExperimentView]
    """Newest first."""

    @classmethod
    def of(cls, runs: Iterable[Run]) -> Self:
        """Experiments as they are shown."""
        return cls(experiments=[ExperimentView.of(run) for run in runs])


class ValueView(View):
    """An estimate of the mean reward, with an interval for one look; null where there is no telling."""

    estimate: float
    standard_error: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, value: Value) -> Self:
        """The estimate as it is shown."""
        ends = {name: getattr(value, name) for name in ("standard_error", "low", "high")}
        return cls(estimate=value.estimate, **{name: end if isfinite(end) else None for name, end in ends.items()})


class PolicyView(View):
    """What other weights would have earned."""

    policy: dict[str, int]
    ips: ValueView
    """Inverse propensity score: unbiased, noisy."""

    self_normalised: ValueView
    doubly_robust: ValueView | None
    answers: int
    effective: float
    """As many answers of its own this is worth."""

    findings: list[str]
    """Reasons for doubt."""

    @classmethod
    def of(cls, policy: dict[str, int], found: OffPolicy) -> Self:
        """The estimates as they are shown."""
        return cls(
            policy=policy,
            ips=ValueView.of(found.ips),
            self_normalised=ValueView.of(found.self_normalised),
            doubly_robust=ValueView.of(found.doubly_robust) if found.doubly_robust else None,
            answers=found.answers,
            effective=found.effective,
            findings=list(found.findings),
        )


def _form(run: Run) -> dict[str, Any]:
    experiment = run.experiment
    return {
        **{name: getattr(experiment, name) for name in ("id", "model", "alpha", "horizon_days", "maturation_minutes")},
        **{name: getattr(run, name) for name in ("requested_at", "ended_at", "reason", "decided_by", "batch")},
        "phase": experiment.phase.value,
        "mode": experiment.mode.value,
        "goal": experiment.goal.to_dict(),
        "variants": list(experiment.variants),
        "versions": dict(run.versions),
        "weights": dict(run.weights),
        "requested_by": experiment.requested_by,
        "started_at": experiment.started_at,
        "stop_asked_by": run.stop.actor if run.stop else None,
        "revision": run.revision,
    }

"""What should be done about an experiment? Ship, stop, keep going or hold, with the sentence that says why.

Intervals hold at all looks together (``sluice.domain.evidence.mean``), so one may look whenever one likes and act at
once. alpha is shared out among the treatments (Bonferroni): of an experiment with several, too, at most alpha come to a
wrong SHIP or STOP.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sluice.domain.evidence.mean import LEAST_OBSERVATIONS, Interval
from sluice.domain.experiment.doubt import doubt_about
from sluice.domain.experiment.effect import Effect, effect_of
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.observation import Observation
from sluice.domain.experiment.remaining import in_words, outcomes_needed, width

LEAST_EVENTS = 10  # successes, and failures, of both variants together before a binary goal is judged


class Verdict(StrEnum):
    """What to do."""

    SHIP = "ship"
    STOP = "stop"
    KEEP_GOING = "keep_going"
    HOLD = "hold"
    """Do not believe it: a person has to look."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One treatment beside control.

    Attributes:
        treatment: Its slot.
        verdict: Of this treatment alone.
        sentence: The verdict, for a person to read.
        interval: Treatment less control in the goal's units; None while too little is known.
        outcomes: Of the two variants.
        variance_reduction: Share of the variance that the covariate took away.
        hours_left: Expected until decided; 0 when it is; None when unknown or never.

    """

    treatment: str
    verdict: Verdict
    sentence: str
    interval: Interval | None = None
    outcomes: int = 0
    variance_reduction: float = 0.0
    hours_left: float | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What an experiment comes to at one look.

    Attributes:
        verdict: What to do.
        sentence: Why, for a person to read.
        winner: The treatment to ship, if one is.
        comparisons: Each treatment beside control.

    """

    verdict: Verdict
    sentence: str
    winner: str | None
    comparisons: tuple[Comparison, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form, for views."""
        return asdict(self)


def conclude(
    experiment: Experiment, observation: Observation, *, outcomes_per_hour: float, now: datetime
) -> Conclusion:
    """Judge what has been seen; ``outcomes_per_hour`` are those of all variants, for the expected time.

    No data is never a verdict on a treatment. Interleaving is judged by ``interleaving.conclude``.
    """
    comparisons = [
        _compare(experiment, observation, treatment, outcomes_per_hour=outcomes_per_hour)
        for treatment in experiment.treatments
    ]
    return conclusion(experiment, comparisons, doubt=doubt_about(experiment, observation), now=now)


def conclusion(
    experiment: Experiment, comparisons: Sequence[Comparison], *, doubt: str | None, now: datetime
) -> Conclusion:
    """One verdict from those on each treatment, unless there is doubt about how the experiment is run."""
    all_of_them = tuple(comparisons)
    if doubt is not None:
        return Conclusion(Verdict.HOLD, f"Hold: {doubt}", None, all_of_them)
    better = [each for each in comparisons if each.verdict is Verdict.SHIP]
    if better:
        best = max(better, key=lambda each: _improvement(each, experiment.goal))
        return Conclusion(Verdict.SHIP, best.sentence, best.treatment, all_of_them)
    sentence = " ".join(each.sentence for each in comparisons)
    if all(each.verdict is Verdict.STOP for each in comparisons):
        return Conclusion(Verdict.STOP, sentence, None, all_of_them)
    end = experiment.ends_at()
    if end is not None and now >= end:
        late = f"Hold: undecided after {experiment.horizon_days:g} days, a person decides. {sentence}"
        return Conclusion(Verdict.HOLD, late, None, all_of_them)
    return Conclusion(Verdict.KEEP_GOING, sentence, None, all_of_them)


def verdict_on(low: float, high: float, *, minimum_effect: float) -> Verdict:
    """What an interval of the improvement says: worth stopping, worth shipping, or not known yet."""
    if high < minimum_effect:
        return Verdict.STOP
    return Verdict.SHIP if low > 0 else Verdict.KEEP_GOING


def _improvement(comparison: Comparison, goal: Goal) -> float:
    return goal.sign * comparison.interval.estimate if comparison.interval else 0.0


def _compare(
    experiment: Experiment, observation: Observation, treatment: str, *, outcomes_per_hour: float
) -> Comparison:
    goal, alpha = experiment.goal, experiment.alpha / len(experiment.treatments)
    effect = effect_of(observation, treatment, control=experiment.variants[0])
    lacking = _lacking(effect, goal)
    if effect is None or lacking:
        return Comparison(treatment, Verdict.KEEP_GOING, f"Keep going with {treatment}: {lacking}.")
    half = width(effect.variance * effect.n, effect.n, alpha=alpha)
    interval = Interval(effect.estimate, effect.estimate - half, effect.estimate + half)
    improvement = goal.sign * effect.estimate
    verdict = verdict_on(improvement - half, improvement + half, minimum_effect=goal.minimum_effect)
    per_hour = outcomes_per_hour * effect.n / sum(observation.arm(v).outcomes.n for v in experiment.variants)
    hours = _hours_left(effect, goal, alpha=alpha, per_hour=per_hour) if verdict is Verdict.KEEP_GOING else 0.0
    return Comparison(
        treatment,
        verdict,
        sentence_on(treatment, verdict, interval, goal=goal, outcomes=effect.n, hours_left=hours),
        interval,
        effect.n,
        effect.variance_reduction,
        hours,
    )


def _lacking(effect: Effect | None, goal: Goal) -> str:
    """What is too little to judge by; empty when it is enough."""
    if effect is None:
        return "no outcomes of both variants yet"
    fewest = min(effect.treatment.n, effect.control.n)
    if fewest < LEAST_OBSERVATIONS:
        return f"{fewest} outcomes of {LEAST_OBSERVATIONS} that each variant needs first"
    if goal.kind is GoalKind.MEAN:
        are_equal = not (effect.treatment.spread and effect.control.spread)
        return "all outcomes of a variant are equal, which says nothing about their spread" if are_equal else ""
    successes = effect.treatment.y + effect.control.y
    rarer = min(successes, effect.n - successes)
    return f"{rarer:g} events of {LEAST_EVENTS} that are needed first" if rarer < LEAST_EVENTS else ""


def _hours_left(effect: Effect, goal: Goal, *, alpha: float, per_hour: float) -> float | None:
    """Until the nearer decision, if the difference stays as it looks now."""
    improvement = goal.sign * effect.estimate
    distance = max(abs(improvement), goal.minimum_effect - improvement)
    needed = outcomes_needed(effect.variance * effect.n, distance=distance, alpha=alpha)
    return None if needed is None or per_hour <= 0 else max(0, needed - effect.n) / per_hour


def sentence_on(
    treatment: str, verdict: Verdict, interval: Interval, *, goal: Goal, outcomes: int, hours_left: float | None
) -> str:
    """A verdict as a product manager reads it."""
    improvement = sorted((goal.sign * interval.low, goal.sign * interval.high))
    numbers = (
        f"{goal.name} {_amount(interval.estimate, goal)} against control, between {_amount(interval.low, goal)} and "
        f"{_amount(interval.high, goal)}, after {outcomes:,} outcomes"
    )
    match verdict:
        case Verdict.SHIP:
            return f"Ship {treatment}: it is better. {numbers}."
        case Verdict.STOP if improvement[1] < 0:
            return f"Stop {treatment}: it is worse. {numbers}."
        case Verdict.STOP:
            least = _amount(goal.sign * goal.minimum_effect, goal)
            return f"Stop {treatment}: it does not reach the {least} that matter. {numbers}."
    left = "no end in sight" if hours_left is None else f"about {in_words(hours_left)} to go"
    return f"Keep going with {treatment}: not decided yet, {left}. {numbers}."


def _amount(value: float, goal: Goal) -> str:
    """A difference, of a binary goal in percentage points."""
    return f"{value * 100:+.2f} points" if goal.kind is GoalKind.BINARY else f"{value:+.4g}"

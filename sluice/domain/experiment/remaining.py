"""How long until an experiment is decided? From the width of its interval, and how fast outcomes come."""

from sluice.domain.evidence.mean import LEAST_OBSERVATIONS, TUNED_FOR, Bounds, half_width
from sluice.domain.experiment.experiment import Experiment

MOST_OUTCOMES = 10**12  # beyond it nothing is ever decided


def width(variance: float, n: int, *, alpha: float) -> float:
    """Half the width of the interval after n outcomes of two variants; ``variance`` is the estimate's, times n."""
    return half_width(variance, n, alpha=alpha, bounds=Bounds.BOTH, tuned_for=TUNED_FOR)


def outcomes_needed(variance: float, *, distance: float, alpha: float) -> int | None:
    """Outcomes of two variants until half the width is below a distance; None where that takes for ever.

    ``variance`` is the estimate's, times the number of outcomes: it stays as it is while outcomes come.
    """
    if distance <= 0 or width(variance, MOST_OUTCOMES, alpha=alpha) >= distance:
        return None
    low, high = 1, MOST_OUTCOMES
    while high - low > max(1, low // 1000):
        middle = (low + high) // 2
        is_enough = width(variance, middle, alpha=alpha) < distance
        low, high = (low, middle) if is_enough else (middle, high)
    return high


def expected_hours(experiment: Experiment, *, outcome_variance: float, outcomes_per_hour: float) -> float | None:
    """Hours to decide about every treatment, to be told before the start; None without a minimum effect or traffic.

    ``outcome_variance`` is that of one outcome, ``rate x (1 - rate)`` of a binary goal; ``outcomes_per_hour`` are those
    of all variants together. For effects of 0 or of the minimum effect, under fixed weights; larger ones show sooner.
    Raises ValueError for interleaving, whose variants have no shares.
    """
    if not experiment.weights:
        raise ValueError(f"experiment {experiment.id} interleaves: it has no shares to plan with")
    if outcomes_per_hour <= 0:
        return None
    alpha = experiment.alpha / len(experiment.treatments)
    control = experiment.weights[experiment.variants[0]]
    slowest = 0.0
    for treatment in experiment.treatments:
        both = control + experiment.weights[treatment]
        variance = outcome_variance * (both / control + both / experiment.weights[treatment])
        needed = outcomes_needed(variance, distance=experiment.goal.minimum_effect, alpha=alpha)
        if needed is None:
            return None
        least = LEAST_OBSERVATIONS * both / min(control, experiment.weights[treatment])
        slowest = max(slowest, max(needed, least) / (outcomes_per_hour * both / 100))
    return slowest + experiment.maturation_minutes / 60


def in_words(hours: float) -> str:
    """A duration as one would tell it.

    >>> in_words(0.4), in_words(30), in_words(100)
    ('less than an hour', '30 hours', '4 days')
    """
    if hours < 1:
        return "less than an hour"
    return f"{hours:.0f} hours" if hours <= 48 else f"{hours / 24:.0f} days"  # noqa: PLR2004

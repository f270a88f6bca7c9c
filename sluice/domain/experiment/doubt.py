"""Is what was seen of an experiment to be believed? Rewards that cannot be, and traffic that went elsewhere.

The split of the units is tested at every look by the e-process of ``sluice.domain.evidence.srm``.
"""

from collections.abc import Mapping, Sequence
from math import fsum, log

from sluice.domain.evidence import srm
from sluice.domain.evidence.finding import odds
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.goal import GoalKind
from sluice.domain.experiment.observation import Observation, Stratum

CLUSTERED_FLOOR = 0.2  # share by which counts of predictions, which cluster by unit, may miss what was asked for


def doubt_about(experiment: Experiment, observation: Observation) -> str | None:
    """Why what was seen is not to be believed; None when nothing speaks against it."""
    for variant in experiment.variants:
        arm = observation.arm(variant)
        sums = arm.outcomes
        if experiment.unit_window_minutes is None and sums.n > arm.units:
            return f"{variant} has {sums.n:,} outcomes of {arm.units:,} units: outcomes were counted twice"
        if experiment.goal.kind is GoalKind.BINARY and not 0 <= sums.y <= sums.n:
            return f"{variant} has {sums.y:g} successes of {sums.n:,} outcomes: rewards were counted twice"
    evidence = fsum(_mismatch(experiment.variants, observation))
    if evidence < -log(srm.ALPHA):
        return None
    units = ", ".join(f"{variant} {observation.arm(variant).units:,}" for variant in experiment.variants)
    return f"units are not split as the weights say (odds {odds(evidence)}): {units}. Look for lost answers or feedback"


def _mismatch(variants: Sequence[str], observation: Observation) -> list[float]:
    """Logarithm of the evidence against each setting of the weights.

    Predictions come in clusters, so counts of them speak only when, over all settings, a variant has far fewer or far
    more than was asked for. Asked of each setting alone, settings that lasted for minutes would look odd by chance.
    """
    splits = [(stratum.by_unit, _split(variants, stratum)) for stratum in observation.strata]
    clustered = [split for by_unit, split in splits if not by_unit]
    speaks = _deviation(variants, clustered) > CLUSTERED_FLOOR
    return [srm.log_e_of_counts(*_as_counts(split)) for by_unit, split in splits if by_unit or speaks]


def _split(variants: Sequence[str], stratum: Stratum) -> dict[str, tuple[int, float]]:
    """Units and the share that was asked for, by variant that was served."""
    served = [variant for variant in variants if stratum.weights.get(variant, 0) > 0]
    asked = sum(stratum.weights[variant] for variant in served)
    return {variant: (stratum.arm(variant).units, stratum.weights[variant] / asked) for variant in served}


def _as_counts(split: Mapping[str, tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [count for count, _ in split.values()], [share for _, share in split.values()]


def _deviation(variants: Sequence[str], splits: Sequence[Mapping[str, tuple[int, float]]]) -> float:
    """How far the worst variant's count is from what was asked for, relative to that."""
    found, asked = dict.fromkeys(variants, 0), dict.fromkeys(variants, 0.0)
    for split in splits:
        total = sum(count for count, _ in split.values())
        for variant, (count, share) in split.items():
            found[variant] += count
            asked[variant] += share * total
    return max((abs(found[variant] / asked[variant] - 1) for variant in variants if asked[variant]), default=0.0)

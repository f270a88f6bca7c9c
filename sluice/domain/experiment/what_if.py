"""What would other weights have earned? Estimated from the counters of an experiment.

All answers of one cell have one importance weight, so the sums of ``off_policy`` follow from the counters without loss.
The reward model of the doubly robust estimate is each variant's mean reward: that of the even buckets for the odd ones
and the other way round, so that no answer is judged by a model that has seen it (cross-fitting: Chernozhukov and
others, "Double/debiased machine learning", The Econometrics Journal 2018).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import reduce

from sluice.domain.errors import InvalidWeights
from sluice.domain.experiment.counted import Cells, Tables, drawn, outcomes_of
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.off_policy import LogSums, Modelled
from sluice.domain.feedback.bucket import BUCKET
from sluice.domain.feedback.cell import Cell
from sluice.domain.variant import check_weights

_FOLDS = 2
Outcomes = Iterable[tuple[Cell, Sums]]


def log_sums(
    experiment: Experiment,
    cells: Cells,
    *,
    tables: Tables,
    versions: Mapping[str, str],
    policy: Mapping[str, int],
) -> LogSums:
    """What ``off_policy.estimate`` needs to say what a policy, whole percents by variant, would have earned.

    Raises InvalidWeights for a policy that could not be served, or of which the experiment knows nothing.
    """
    check_weights(policy)
    unknown = policy.keys() - set(experiment.variants)
    if unknown:
        raise InvalidWeights(f"the experiment compares {list(experiment.variants)}, not {sorted(unknown)}")
    known = [(cell, outcomes_of(experiment, totals)) for cell, totals in drawn(cells, tables=tables, versions=versions)]
    taken = [(cell, sums) for cell, sums in known if cell.variant in experiment.variants]
    models = [_means((cell, sums) for cell, sums in taken if _fold(cell) != fold) for fold in range(_FOLDS)]
    return reduce(
        LogSums.__add__, (_of_cell(cell, sums, policy, models[_fold(cell)]) for cell, sums in taken), LogSums()
    )


def _fold(cell: Cell) -> int:
    return int(cell.bucket.timestamp() // BUCKET.total_seconds()) % _FOLDS


def _means(outcomes: Outcomes) -> dict[str, float]:
    """Mean reward by variant."""
    sums: dict[str, Sums] = defaultdict(Sums)
    for cell, some in outcomes:
        sums[cell.variant] += some
    return {variant: each.mean for variant, each in sums.items() if each.n}


def _of_cell(cell: Cell, sums: Sums, policy: Mapping[str, int], means: Mapping[str, float]) -> LogSums:
    weight = policy.get(cell.variant, 0) / 100 / cell.propensity
    wanted = {variant for variant, percent in policy.items() if percent} | {cell.variant}
    if not wanted <= means.keys():
        return LogSums.alike(sums, weight=weight)
    expected = sum(percent / 100 * means[variant] for variant, percent in policy.items() if percent)
    return LogSums.alike(sums, weight=weight, modelled=Modelled(means[cell.variant], expected))

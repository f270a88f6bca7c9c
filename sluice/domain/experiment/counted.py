"""What do the counters of feedback tell an experiment? For where predictions are counted, not read one by one.

They count predictions, not units, and a unit that asks often shows often: the split of the traffic is then held to
less (see ``doubt``), and intervals are a little too narrow where a few units make most of the requests. They keep apart
by which routing table a variant was chosen, and by which chance: what callers insisted on is left out. Nor do they know
that the champion answered in place of a variant that failed: those answers are the champion's here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from sluice.domain.draft import FIRST_PICK
from sluice.domain.experiment.cuped import Sums
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.observation import Arm, Observation, Stratum
from sluice.domain.experiment.thompson import Belief
from sluice.domain.feedback.cell import Cell
from sluice.domain.feedback.totals import Totals

Cells = Mapping[Cell, Totals]
Tables = Mapping[int, Mapping[str, int]]
"""Weights in whole percents by revision of the routing table."""

_TOLERANCE = 1e-9


def drawn(cells: Cells, *, tables: Tables, versions: Mapping[str, str]) -> Iterator[tuple[Cell, Totals]]:
    """What these versions answered because chance drew their variants, by one of these tables."""
    for cell, totals in cells.items():
        percent = tables.get(cell.revision, {}).get(cell.variant)
        is_drawn = percent is not None and abs(cell.propensity - percent / 100) < _TOLERANCE
        if is_drawn and versions.get(cell.variant) == cell.version:
            yield cell, totals


def drafted(cells: Cells, *, revisions: Collection[int], versions: Mapping[str, str]) -> Totals:
    """What was counted of lists that these versions drafted together, by one of these tables.

    A reward is the list's: it counts whichever of the two rankers it is credited to, which may yet change.
    """
    lists = Totals()
    for cell, totals in cells.items():
        is_drafted = cell.revision in revisions and abs(cell.propensity - FIRST_PICK) < _TOLERANCE
        if is_drafted and versions.get(cell.variant) == cell.version:
            lists += totals
    return lists


def observe_counted(
    experiment: Experiment, cells: Cells, *, tables: Tables, versions: Mapping[str, str]
) -> Observation:
    """What was seen of an experiment's variants: a stratum for each setting of the weights."""
    sums: dict[int, dict[str, Totals]] = defaultdict(lambda: defaultdict(Totals))
    for cell, totals in drawn(cells, tables=tables, versions=versions):
        sums[cell.revision][cell.variant] += totals
    strata = [stratum_of(experiment, tables[revision], by_variant) for revision, by_variant in sorted(sums.items())]
    return Observation() + Observation(tuple(strata))


def batch_of(
    experiment: Experiment, cells: Cells, *, first_revision: int, versions: Mapping[str, str]
) -> dict[str, Belief]:
    """What predictions tell a bandit, by variant: of its own tables, which leave no variant to certainty."""
    beliefs = dict.fromkeys(experiment.variants, Belief())
    for cell, totals in cells.items():
        is_drawn = cell.propensity < 1 and cell.revision >= first_revision
        if is_drawn and cell.variant in beliefs and versions.get(cell.variant) == cell.version:
            beliefs[cell.variant] += Belief.of(outcomes_of(experiment, totals))
    return beliefs


def tables_of_two(cells: Cells, variants: tuple[str, str]) -> dict[int, dict[str, int]]:
    """The weights of two variants that had all of the traffic, as the chances of their answers tell."""
    tables = {}
    for cell in cells:
        if cell.variant in variants and 0 < cell.propensity < 1:
            other = variants[variants[0] == cell.variant]
            percent = round(cell.propensity * 100)
            tables[cell.revision] = {cell.variant: percent, other: 100 - percent}
    return tables


def stratum_of(experiment: Experiment, weights: Mapping[str, int], totals: Mapping[str, Totals]) -> Stratum:
    """What the counters of one time of constant weights say, by variant; other variants are left out."""
    arms = {
        variant: Arm(each.exposures, outcomes_of(experiment, each))
        for variant, each in totals.items()
        if variant in experiment.variants
    }
    return Stratum(weights, arms, by_unit=False)


def outcomes_of(experiment: Experiment, totals: Totals) -> Sums:
    """Outcomes of mature predictions: all of them where silence is a zero, else those that something was said about."""
    n = totals.exposures if experiment.goal.silence_is_zero else totals.n
    if not experiment.covariate:
        return Sums(n, totals.total, totals.total_sq)
    known = totals.pairs
    return Sums(n, totals.total, totals.total_sq, known.covariate, known.covariate_sq, known.cross)

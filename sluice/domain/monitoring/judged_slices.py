"""In which slices is a version's quality judged, and how often may it be wrong there?

Known before any label comes, by the reference and what is declared: so the share of the budget that each slice has does
not depend on which of them labels come of.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.monitoring.error_bets import MOST_RATE, allowed_rate

MOST_JUDGED = 100
"""So many slices, those with the most labels at training: what is known of each is kept in one item with the others."""


class AtTraining(NamedTuple):
    """How often a version was wrong in a slice.

    Attributes:
        rate: Share of its labelled rows.
        allowed: The rate that these leave possible, at most: that of all slices together holds 95 times in 100.

    """

    rate: float
    allowed: float


@dataclass(frozen=True, slots=True)
class JudgedSlices:
    """Those that are judged, and why others are not.

    Attributes:
        binning: Id of the bins by which labels are counted.
        tolerance: Numbers are wrong that are further off; None of a classifier.
        slices: Those that are judged.
        unfit: How many are not, as their labels at training are too few, or too many of them were wrong.
        left_out: How many are not, as there are too many.

    """

    binning: str
    tolerance: float | None = None
    slices: Mapping[Slice, AtTraining] = field(default_factory=dict)
    unfit: int = 0
    left_out: int = 0

    @property
    def reason(self) -> str:
        """In words; empty where there are no slices."""
        unfit = f"{self.unfit} not, by too few labels at training or too many of them wrong"
        left_out = f"{self.left_out} not, {MOST_JUDGED} at most"
        if not (self.slices or self.unfit):
            return ""
        told = (f"{len(self.slices)} judged", *(unfit,) * bool(self.unfit), *(left_out,) * bool(self.left_out))
        return ", ".join(told)


def judged_slices(reference: SlicedReference, declared: Collection[str]) -> JudgedSlices:
    """The slices of these columns of which the reference has labels enough."""
    binning = reference.whole.binning
    tolerance = None if binning.tolerance is None else binning.tolerance.most
    labelled = {of: each for of, each in reference.outcomes.items() if of.column in declared and each.rows}
    wanted = sorted(labelled, key=lambda of: (-labelled[of].rows, of))[:MOST_JUDGED]
    rates = {of: _at_training(labelled[of], among=len(wanted)) for of in wanted}
    fit = {of: each for of, each in rates.items() if each.allowed <= MOST_RATE}
    return JudgedSlices(binning.id, tolerance, fit, len(rates) - len(fit), len(labelled) - len(wanted))


def _at_training(labelled: Outcomes, *, among: int) -> AtTraining:
    rows, wrong = labelled.rows, labelled.wrong
    return AtTraining(wrong / rows, allowed_rate(rows=rows, errors=wrong, among=among))

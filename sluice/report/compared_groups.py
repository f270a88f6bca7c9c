"""Which groups does a story tell of, and how far are they apart? By the rows of all its windows together."""

from collections.abc import Mapping
from functools import reduce
from operator import add

from sluice.domain.drift.fairness import ERROR, BetweenGroups, Group, between_groups
from sluice.domain.drift.outcomes import ClassOutcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.summary import Summary, merged
from sluice.domain.reference_fit import PREDICTED
from sluice.report.story import Story

_PAIR = 2


def compared_groups(story: Story) -> dict[str, BetweenGroups]:
    """By sliced column. All columns share the error; those without two groups, or without answers, are left out."""
    by_column: dict[str, dict[str, Group]] = {}
    labelled = _outcomes(story)
    for of, summary in sorted(_summaries(story).items(), key=lambda one: (-one[1].rows, one[0])):
        by_column.setdefault(of.column, {})[of.value] = Group(summary, labelled.get(of))
    several = {column: groups for column, groups in by_column.items() if len(groups) >= _PAIR}
    binning, effect = story.reference.binning, _design_effect(story)
    found = {
        column: between_groups(binning, groups, error=ERROR / len(several), design_effect=effect)
        for column, groups in sorted(several.items())
    }
    return {column: each for column, each in found.items() if each.gaps or each.not_judged}


def _summaries(story: Story) -> Mapping[Slice, Summary]:
    parts: dict[Slice, list[Summary]] = {}
    for look in story.looks:
        for of, summary in look.slices.items():
            parts.setdefault(of, []).append(summary)
    return {of: merged(story.reference.binning, each) for of, each in parts.items()}


def _outcomes(story: Story) -> Mapping[Slice, ClassOutcomes]:
    parts: dict[Slice, list[ClassOutcomes]] = {}
    for look in story.looks:
        for of, outcomes in look.slice_outcomes.items():
            if isinstance(outcomes, ClassOutcomes):
                parts.setdefault(of, []).append(outcomes)
    return {of: reduce(add, each) for of, each in parts.items()}


def _design_effect(story: Story) -> float:
    """How much the predicted classes of the reference's rows depend on each other."""
    names = [bins.name for bins in story.reference.binning.features]
    if PREDICTED not in names:
        return 1.0
    design = story.reference.designs[names.index(PREDICTED)]
    return max(1.0, design.cells * design.freedom)

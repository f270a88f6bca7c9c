"""Have the features of the last windows drifted from their references? One verdict each, false alarms on a budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Flags
from sluice.domain.drift.combine import discoveries
from sluice.domain.drift.comparison import Comparison, compare
from sluice.domain.drift.dyadic import last_windows
from sluice.domain.drift.finding import DriftFinding, Judgement
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.tell import Told, tell
from sluice.domain.drift.unknown import Unknown, together
from sluice.domain.evidence.finding import Verdict


@dataclass(frozen=True, slots=True)
class Watched:
    """Some rows' windows and what they are compared with.

    Attributes:
        reference: What they are compared with.
        windows: Of equal length and without gaps (a window without rows is an empty summary), newest last.
        slice: Which rows; empty for all.
        pasts: What each window is compared with instead of the reference's own rows, such as the same hour of earlier
            weeks; as many as windows, or none.
        unknown: Of each window the words that the reference does not know; as many as windows, or none.

    """

    reference: Reference
    windows: Sequence[Summary]
    slice: str = ""
    pasts: Sequence[Summary] = ()
    unknown: Sequence[Unknown] = ()

    def references(self, rules: Rules) -> list[Reference | None]:
        """What the last 1, 2, 4, ... windows are compared with; None where their past has too few rows."""
        if not self.pasts:
            return [self.reference] * rules.levels
        together = last_windows(self.reference.binning, self.pasts, levels=rules.levels)
        return [self.reference.rebased(past) if past.rows >= rules.min_rows else None for past in together]


class _Look(NamedTuple):
    """The last so many windows of one watched thing."""

    reference: Reference
    windows: int
    summary: Summary
    comparison: Comparison
    is_drift: Flags
    unknown: Sequence[Unknown]


def judge(watched: Sequence[Watched], rules: Rules | None = None) -> Judgement:
    """Judge all features of all slices. Deterministic: equal counts give equal findings.

    Raises ReferenceMismatch where windows were counted by other bins than those of their reference.
    """
    rules = rules or Rules()
    sums = [last_windows(each.reference.binning, each.windows, levels=rules.levels) for each in watched]
    pasts = [each.references(rules) for each in watched]
    looks: list[list[_Look]] = [[] for _ in watched]
    for level in range(rules.levels):
        there = [
            (place, past, summaries[level])
            for place, summaries in enumerate(sums)
            if level < len(summaries) and (past := pasts[place][level])
        ]
        compared = [compare(past, summary, rules) for _, past, summary in there]
        for (place, past, summary), comparison, is_drift in zip(
            there, compared, _drifts(compared, rules.q), strict=True
        ):
            unknown = watched[place].unknown[-(1 << level) :]
            looks[place].append(_Look(past, 1 << level, summary, comparison, is_drift, unknown))
    findings = [
        _finding(each, looks[place], feature, rules)
        for place, each in enumerate(watched)
        for feature in range(len(each.reference.binning.features))
    ]
    return Judgement(tuple(sorted(findings, key=lambda one: (-one.verdict.severity, -one.effect, one.p))))


def _drifts(comparisons: Sequence[Comparison], q: float) -> list[Flags]:
    """Which features of which slices are discoveries at one level, judged together."""
    if not comparisons:
        return []
    p_values = np.concatenate([comparison.p for comparison in comparisons])
    is_judged = np.concatenate([comparison.has_rows for comparison in comparisons])
    is_drift = np.zeros(len(p_values), dtype=bool)
    is_drift[is_judged] = discoveries(p_values[is_judged], q)
    ends = np.cumsum([len(comparison.p) for comparison in comparisons])[:-1]
    return np.split(is_drift, ends)


def _finding(watched: Watched, looks: Sequence[_Look], feature: int, rules: Rules) -> DriftFinding:
    drifted = [look for look in looks if look.is_drift[feature]]
    judged = [look for look in looks if look.comparison.has_rows[feature]]
    best = min(drifted or judged or looks[-1:], key=lambda look: look.comparison.p[feature], default=None)
    bins = watched.reference.binning.features[feature]
    where = f"{bins.name} of {watched.slice}" if watched.slice else bins.name
    if best is None:
        reason = f"{where}: too few rows in its past" if watched.pasts else f"{where}: no window yet"
        return DriftFinding(bins.name, bins.role, watched.slice, Verdict.INCONCLUSIVE, None, reason, 1.0, 0.0, 0, 0)
    verdict, told, reason, effect = _verdict(best, feature, rules)
    since = "the last window" if best.windows == 1 else f"the last {best.windows} windows"
    return DriftFinding(
        bins.name,
        bins.role,
        watched.slice,
        verdict,
        told and told.change,
        f"{where}: {reason}, in {best.summary.rows:,} rows of {since}",
        float(best.comparison.p[feature]),
        effect,
        best.windows,
        best.summary.rows,
        told.size if told else "",
    )


def _verdict(look: _Look, feature: int, rules: Rules) -> tuple[Verdict, Told | None, str, float]:
    """The verdict, how it has changed, why in words, and the effect."""
    comparison = look.comparison
    if look.is_drift[feature]:
        unknown = together(look.unknown).get(look.reference.binning.features[feature].name)
        told = tell(look.reference, look.summary, comparison, feature, alpha=rules.q, unknown=unknown)
        effects = comparison.effects[feature][comparison.parts[feature] <= max(rules.q, comparison.p[feature])]
        return Verdict.FAIL, told[0], "; ".join(each.sentence for each in told), float(effects.max())
    if not comparison.has_rows[feature]:
        return Verdict.INCONCLUSIVE, None, f"fewer than the {rules.min_rows} rows it takes to judge", 0.0
    if comparison.window.values[feature] and not comparison.reference.values[feature]:
        return Verdict.ERROR, None, "cannot be judged, the reference has no value: build another", 0.0
    if not comparison.has_values[feature] and comparison.reference.values[feature]:
        return Verdict.INCONCLUSIVE, None, f"fewer than the {rules.min_rows} values it takes to judge", 0.0
    return Verdict.PASS, None, f"no drift found (p = {comparison.p[feature]:.2g})", 0.0

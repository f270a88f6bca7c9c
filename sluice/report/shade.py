"""How dark is a cell of a heat map? In steps that each double the effect."""

from bisect import bisect_right
from itertools import pairwise

from sluice.domain.drift.finding import DriftFinding
from sluice.domain.evidence.finding import Verdict

STEPS = (0.1, 0.2, 0.4, 0.8, 1.6)  # of the effect
LIGHT = ("#fde8c8", "#fbcb8b", "#f4a257", "#e0733d", "#b5432f", "#76202c")
DARK = ("#49361f", "#6f4a22", "#9f6227", "#d0803a", "#f2a65c", "#ffd7a6")


def shade(finding: DriftFinding | None) -> str:
    """A name: ``q`` quiet, ``u`` undecided, ``e`` could not be judged, ``s0`` to ``s5`` drifted, by effect."""
    if finding is None or finding.verdict is Verdict.INCONCLUSIVE:
        return "u"
    if finding.verdict is Verdict.FAIL:
        return f"s{bisect_right(STEPS, finding.effect)}"
    return "q" if finding.verdict is Verdict.PASS else "e"


def named_steps() -> list[tuple[str, str]]:
    """Each drifted shade with what it means, for a legend."""
    inner = [f"{low:g} to {high:g}" for low, high in pairwise(STEPS)]
    names = [f"an effect under {STEPS[0]:g}", *inner, f"{STEPS[-1]:g} and more"]
    return [(f"s{place}", name) for place, name in enumerate(names)]

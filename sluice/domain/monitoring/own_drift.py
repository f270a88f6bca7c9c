"""Do the answers of a version under release drift, and is that its own doing?

Its answers are compared with those to its own reference, the champion's with those to its own, in the same hours: what
moves both is the world, and no fault of the candidate's. So the null is not that nothing has moved, but that the
candidate's answers have moved no more than ``_TIMES`` as far as the champion's, and no more than ``_LEAST`` where those
stand still: two honest models answer the same weather differently. docs/monitoring.md says what that was measured on.
"""

from dataclasses import dataclass, replace

import numpy as np

from sluice.domain.drift.array import Flags
from sluice.domain.drift.binning import Binning, Role
from sluice.domain.drift.comparison import Comparison, compare
from sluice.domain.drift.dyadic import last_windows
from sluice.domain.drift.judge import Watched
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.tell import tell
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.same_hours import beside, shared_hours

_TIMES = 3.0
_LEAST = 0.4  # an effect as ``DriftFinding`` tells it: of a small move about its standard deviations
_FURTHEST = 1.0  # where the world may have moved answers so far, nobody can say what moved the rest


@dataclass(frozen=True, slots=True)
class OwnDrift:
    """What a look says of a candidate's answers.

    Attributes:
        verdict: Fail where they drift by its own doing; inconclusive where nothing could be compared.
        reason: In words, with the numbers.
        outputs: Names of those that do.
        rows: How many rows of the candidate's that rests on.

    """

    verdict: Verdict
    reason: str
    outputs: tuple[str, ...] = ()
    rows: int = 0


def own_drift(candidate: Watched, champion: Watched, rules: Rules) -> OwnDrift:
    """Judge both versions' windows of the same hours, newest last, as far back as the candidate answers.

    The last 1, 2, 4, ... windows are judged together and share the error, as all outputs do; the champion's weigh as
    the candidate's do (``same_hours``). Raises ReferenceMismatch for counts by other bins.
    """
    hours = shared_hours(candidate.windows, champion.windows)
    asked = last_windows(candidate.reference.binning, [own for own, _ in hours], levels=rules.levels)
    binning = champion.reference.binning
    found = [
        _judge(
            candidate.reference, now, _world(champion.reference, beside(hours[-(1 << level) :], binning), rules), rules
        )
        for level, now in enumerate(asked)
    ]
    return max(found, key=_weight, default=OwnDrift(Verdict.INCONCLUSIVE, "no hour yet"))


def _weight(found: OwnDrift) -> tuple[bool, bool, int]:
    """A drift before a pass, which takes rows; the surest by most rows."""
    return found.verdict is Verdict.FAIL, found.verdict is Verdict.PASS, found.rows


def _world(reference: Reference, window: Summary, rules: Rules) -> float | None:
    """The effect by which the champion's answers have moved; None where it gave too few."""
    outputs, compared = _outputs(reference.binning), compare(reference, window, rules)
    if not (compared.has_rows & outputs).any():
        return None
    return float(compared.effects[outputs].max())


def _judge(reference: Reference, window: Summary, world: float | None, rules: Rules) -> OwnDrift:
    """One look at one level."""
    outputs = _outputs(reference.binning)
    if world is None or window.rows < rules.min_rows or not outputs.any():
        told = f"too little to compare: {window.rows:,} rows of the candidate"
        return OwnDrift(Verdict.INCONCLUSIVE, told, rows=window.rows)
    allowed = max(_LEAST, _TIMES * world)
    beside = f"the champion's answers moved by an effect of {world:.2g} in the same hours"
    if allowed > _FURTHEST:
        told = f"{beside}: too far to tell whose doing it is"
        return OwnDrift(Verdict.INCONCLUSIVE, told, rows=window.rows)
    compared = compare(reference, window, replace(rules, least_effect=allowed**2))
    drifted = np.flatnonzero(outputs & (compared.p * outputs.sum() <= rules.q)).tolist()
    if not drifted:
        return OwnDrift(Verdict.PASS, f"no drift of its own in {window.rows:,} rows; {beside}", rows=window.rows)
    names = tuple(reference.binning.features[place].name for place in drifted)
    told = "; ".join(_told(reference, window, compared, place, alpha=rules.q) for place in drifted)
    return OwnDrift(Verdict.FAIL, f"{told}, in {window.rows:,} rows; {beside}", names, window.rows)


def _told(reference: Reference, window: Summary, compared: Comparison, place: int, *, alpha: float) -> str:
    sentences = [each.sentence for each in tell(reference, window, compared, place, alpha=alpha)]
    effect = float(compared.effects[place].max())
    return f"{reference.binning.features[place].name}: {', '.join(sentences)}, an effect of {effect:.2g}"


def _outputs(binning: Binning) -> Flags:
    """Which features are answers."""
    return np.array([bins.role is Role.OUTPUT for bins in binning.features])

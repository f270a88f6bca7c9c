"""Do the answers of a version under release drift, and is that its own doing?

Its answers are compared with those to its own reference, the champion's with those to its own, in the same hours: what
moves both is the world, and no fault of the candidate's. So the null is not that nothing has moved, but that the
candidate's answers have moved no more than ``_TIMES`` as far as the champion's, and no more than ``_LEAST`` where those
stand still: two honest models answer the same weather differently. How far either has moved is known from its rows
only, so the test is of the difference, with the errors of both (``drift.moved``). ``bench/candidate_rule.py`` measures
how often it errs, ``bench/candidate_flights.py`` what it finds.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sluice.domain.drift.array import Flags, Floats
from sluice.domain.drift.binning import Binning, Role
from sluice.domain.drift.comparison import PARTS, Comparison, compare
from sluice.domain.drift.design import Design
from sluice.domain.drift.dyadic import last_windows
from sluice.domain.drift.judge import Watched
from sluice.domain.drift.moved import Moved, moved
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.tails import normal_tail
from sluice.domain.drift.tell import tell
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.same_hours import beside, shared_hours

_TIMES = 3.0
_LEAST = 0.4  # an effect as ``Moved`` tells it: of a small move about its standard deviations
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


class _Side(NamedTuple):
    """What a version answered, and what that is compared with."""

    reference: Reference
    window: Summary


def own_drift(candidate: Watched, champion: Watched, rules: Rules) -> OwnDrift:
    """Judge both versions' windows of the same hours, newest last, as far back as the candidate answers.

    The last 1, 2, 4, ... windows are judged together and share the error, as all outputs do; the champion's weigh as
    the candidate's do (``same_hours``). Raises ReferenceMismatch for counts by other bins.
    """
    hours = shared_hours(candidate.windows, champion.windows)
    asked = last_windows(candidate.reference.binning, [own for own, _ in hours], levels=rules.levels)
    found = [
        _judge(
            _Side(candidate.reference, now),
            _Side(champion.reference, beside(hours[-(1 << level) :], champion.reference.binning)),
            rules,
        )
        for level, now in enumerate(asked)
    ]
    return max(found, key=_weight, default=OwnDrift(Verdict.INCONCLUSIVE, "no hour yet"))


def _weight(found: OwnDrift) -> tuple[bool, bool, int]:
    """A drift before a pass, which takes rows; the surest by most rows."""
    return found.verdict is Verdict.FAIL, found.verdict is Verdict.PASS, found.rows


def _judge(candidate: _Side, champion: _Side, rules: Rules) -> OwnDrift:
    """One look at one level."""
    reference, window = candidate
    outputs, others = _outputs(reference.binning), _outputs(champion.reference.binning)
    if min(window.rows, champion.window.rows) < rules.min_rows or not (outputs.any() and others.any()):
        told = f"too little to compare: {window.rows:,} rows of the candidate"
        return OwnDrift(Verdict.INCONCLUSIVE, told, rows=window.rows)
    world = moved(*champion, _independent(champion.reference))
    furthest = float(world.effects[others].max())
    told = f"the champion's answers moved by an effect of {furthest:.2g} in the same hours"
    if _TIMES * furthest > _FURTHEST:
        return OwnDrift(Verdict.INCONCLUSIVE, f"{told}: too far to tell whose doing it is", rows=window.rows)
    own = moved(reference, window, reference.designs)
    parts = _tails(own, world.effects[others].ravel(), world.errors[others].ravel())
    drifted = np.flatnonzero(outputs & (parts.min(axis=-1) * outputs.sum() <= rules.q)).tolist()
    if not drifted:
        return OwnDrift(Verdict.PASS, f"no drift of its own in {window.rows:,} rows; {told}", rows=window.rows)
    names = tuple(reference.binning.features[place].name for place in drifted)
    compared = compare(reference, window, rules)._replace(parts=parts)
    found = "; ".join(_told(candidate, compared, own, place, alpha=rules.q / outputs.sum()) for place in drifted)
    return OwnDrift(Verdict.FAIL, f"{found}, in {window.rows:,} rows; {told}", names, window.rows)


def _tails(own: Moved, world: Floats, errors: Floats) -> Floats:
    """P-values of the null, by output and respect, each for its share of the error: as sure as where it is least so.

    By how many standard errors of the difference it is more than what is allowed in a world that stands still, and more
    than each respect in which the champion may have moved allows. One that cannot be told is without values, which its
    missing ones say.
    """
    beyond = (own.effects - _LEAST) / own.errors
    known = np.isfinite(errors)
    both = np.hypot(own.errors[..., None], _TIMES * errors[known])
    further = ((own.effects[..., None] - _TIMES * world[known]) / both).min(axis=-1)
    ways = np.stack([own.ways, *np.ones((2, len(own.ways)))], axis=-1)
    tails: Floats = normal_tail(np.minimum(beyond, further)) * ways / PARTS
    return tails


def _told(candidate: _Side, compared: Comparison, own: Moved, place: int, *, alpha: float) -> str:
    sentences = [each.sentence for each in tell(*candidate, compared, place, alpha=alpha)]
    effect = float(own.effects[place][compared.parts[place] <= alpha].max())
    return f"{candidate.reference.binning.features[place].name}: {', '.join(sentences)}, an effect of {effect:.2g}"


def _independent(reference: Reference) -> tuple[Design, ...]:
    """In given hours: what moves whole hours is no chance here, but what is to be known."""
    return (Design(),) * len(reference.binning.features)


def _outputs(binning: Binning) -> Flags:
    """Which features are answers."""
    return np.array([bins.role is Role.OUTPUT for bins in binning.features])

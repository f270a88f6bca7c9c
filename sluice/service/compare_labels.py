"""Look whether labels say that the version under release is wrong more often than the champion: then its alarm rings.

Labels are counted by the look for quality, so this comes after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sluice.aws.outcomes import OutcomeStore, StoredOutcomes
from sluice.aws.rollouts import Rollouts
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.outcomes_wire import decode_outcomes
from sluice.domain.errors import InvalidReference
from sluice.domain.evidence.counts import Split
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.compare import is_compared
from sluice.domain.monitoring.own_errors import OwnErrors, own_errors
from sluice.domain.monitoring.window import hour_of
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.variant import CHALLENGER, CHAMPION
from sluice.service.candidate_look import CandidateLook, look_at_candidate
from sluice.service.find_reference import ReferenceBook


@dataclass(frozen=True, slots=True)
class Services:
    """What looking takes.

    Attributes:
        rollouts: What is under release.
        references: By whose bins labels are counted.
        outcomes: Labels, counted.

    """

    rollouts: Rollouts
    references: ReferenceBook
    outcomes: OutcomeStore


def compare_labels(model: str, services: Services, *, now: datetime) -> CandidateLook[OwnErrors] | None:
    """Look at the labels of candidate and champion since they are compared; None where none shares the traffic.

    Writes nothing: repeated, it says the same. Raises StoreUnavailable.
    """
    return look_at_candidate(model, services.rollouts, lambda rollout: _judge(rollout, services, now))


def _judge(rollout: Rollout, services: Services, now: datetime) -> OwnErrors:
    last = hour_of(now)
    first = min(hour_of(rollout.compared_since or rollout.requested_at), last)
    sides, tolerances = [], set()
    for version, slot in ((rollout.candidate.version, CHALLENGER), (rollout.previous.version, CHAMPION)):
        try:
            binning = _binning(rollout.model, version, services.references)
        except InvalidReference as wrong:
            return OwnErrors(Verdict.INCONCLUSIVE, f"the reference of version {version} cannot be used: {wrong}")
        tolerances.add(None if binning.tolerance is None else binning.tolerance.most)
        stored = services.outcomes.between(rollout.model, version, binning.id, first=first, last=last)
        sides.append(_counted((each for each in stored if each.window.variant == slot), binning))
    if len(tolerances) > 1:
        told = "candidate and champion have learnt other tolerances: what one calls wrong the other does not"
        return OwnErrors(Verdict.INCONCLUSIVE, told)
    return own_errors(_strata(*sides), rollout.plan.rules)


def _binning(model: str, version: str, references: ReferenceBook) -> Binning:
    """By what labels of a version are counted. Raises InvalidReference where they are not."""
    reference = references.get(model, version)
    if reference is None or not is_compared(reference.binning):
        raise InvalidReference("there is none by which labels are compared with answers")
    return reference.binning


def _counted(stored: Iterable[StoredOutcomes], binning: Binning) -> dict[datetime, tuple[int, int]]:
    """How many labels there are, and how many of the answers were wrong, hour by hour."""
    decoded = {each.window.start: decode_outcomes(each.outcomes, binning) for each in stored}
    return {hour: (found.rows, found.wrong) for hour, found in decoded.items()}


def _strata(candidate: Mapping[datetime, tuple[int, int]], champion: Mapping[datetime, tuple[int, int]]) -> list[Split]:
    """The hours in which both have labels, in order."""
    both = sorted(candidate.keys() & champion.keys())
    return [Split(*candidate[hour], *champion[hour]) for hour in both]

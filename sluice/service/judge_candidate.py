"""Look whether the answers of the version under release drift by its own doing: then the alarm of its slot rings."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sluice.aws.rollouts import Rollouts
from sluice.aws.windows import Windows
from sluice.domain.drift.judge import Watched
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summary import Summary, merged
from sluice.domain.drift.wire import decode
from sluice.domain.errors import InvalidReference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.own_drift import OwnDrift, own_drift
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.window import hour_of, hours_until
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.variant import CHALLENGER, CHAMPION
from sluice.service.candidate_look import CandidateLook, look_at_candidate
from sluice.service.find_reference import ReferenceBook
from sluice.service.judge_drift import rules_of


@dataclass(frozen=True, slots=True)
class Services:
    """What looking takes.

    Attributes:
        rollouts: What is under release.
        references: What versions are compared with.
        windows: What was counted.

    """

    rollouts: Rollouts
    references: ReferenceBook
    windows: Windows


def judge_candidate(
    model: str, watching: Watching, services: Services, *, now: datetime
) -> CandidateLook[OwnDrift] | None:
    """Look at what the candidate has answered since it is compared; None where none shares the traffic.

    Writes nothing: repeated, it says the same. Raises StoreUnavailable.
    """
    rules = rules_of(watching)
    return look_at_candidate(model, services.rollouts, lambda rollout: _judge(rollout, rules, services, now))


def _judge(rollout: Rollout, rules: Rules, services: Services, now: datetime) -> OwnDrift:
    """Both by the references they were made with: what a person accepted for one says nothing of the other."""
    first = min(hour_of(rollout.compared_since or rollout.requested_at), hour_of(now))
    hours = [hour for hour in hours_until(hour_of(now), 1 << (rules.levels - 1)) if hour >= first]
    watched = []
    for version, slot in ((rollout.candidate.version, CHALLENGER), (rollout.previous.version, CHAMPION)):
        try:
            reference = services.references.get(rollout.model, version)
        except InvalidReference as wrong:
            return OwnDrift(Verdict.INCONCLUSIVE, f"the reference of version {version} cannot be used: {wrong}")
        if reference is None:
            return OwnDrift(Verdict.INCONCLUSIVE, f"version {version} has no reference.json")
        read = _windows(_Side(rollout.model, version, slot, reference), hours, services.windows)
        watched.append(Watched(reference, read))
    candidate, champion = watched
    return own_drift(candidate, champion, rules)


class _Side(NamedTuple):
    """A version in one slot, and what it is compared with."""

    model: str
    version: str
    slot: str
    reference: Reference


def _windows(side: _Side, hours: Sequence[datetime], windows: Windows) -> list[Summary]:
    """What a version answered in one slot, hour by hour."""
    binning = side.reference.binning
    counted: defaultdict[datetime, list[Summary]] = defaultdict(list)
    for stored in windows.between(side.model, side.version, binning.id, first=hours[0], last=hours[-1]):
        if stored.window.variant == side.slot:
            counted[stored.window.start].append(decode(stored.summary, binning))
    return [merged(binning, counted[hour]) for hour in hours]

"""What is a decision made from? The record, what is seen, what was found out, and the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Alarm, Observed
from sluice.domain.rollout.rollout import Position, Rollout, Seen
from sluice.domain.variant import CHALLENGER, CHAMPION

SOON = timedelta(minutes=1)
# Where the candidate answers, or may answer, requests: what an alarm of its slot says is about it.
_CANDIDATE_ANSWERS = frozenset({Position.STAGE, Position.SWAPPING, Position.BAKING})


@dataclass(frozen=True, slots=True)
class Case:
    """One look at one rollout.

    Attributes:
        rollout: Its record.
        observed: The world.
        findings: What was found out.
        now: Aware, UTC.

    """

    rollout: Rollout
    observed: Observed
    findings: RolloutFindings
    now: datetime

    @property
    def soon(self) -> datetime:
        """When counts, or SageMaker, will have something new to say."""
        return self.now + SOON

    @property
    def seen(self) -> Seen:
        """The world as a record keeps it."""
        observed, routing = self.observed, self.observed.routing
        return Seen(dict(observed.artifacts), dict(observed.weights), dict(routing.weights), routing.revision)

    def has(self, slot: str, artifact: str) -> bool:
        """Whether an artifact is in a slot of the endpoint."""
        return self.observed.artifacts.get(slot) == artifact

    @property
    def is_clear(self) -> bool:
        """Whether the champion answers everybody, alone: in the table, and of the endpoint's weights."""
        routing, weights = self.observed.routing, self.observed.weights
        if routing.preview or routing.interleaving:
            return False
        of_others = [weight for slot, weight in weights.items() if slot != CHAMPION]
        return routing.weights[CHAMPION] == sum(routing.weights.values()) and not any(of_others)

    @property
    def candidates_alarms(self) -> list[Alarm]:
        """Alarms of slots in which the candidate answers."""
        if self.rollout.position not in _CANDIDATE_ANSWERS:
            return []
        return [alarm for alarm in self.observed.alarms if self.has(alarm.slot, self.rollout.candidate.artifact)]

    @property
    def champions_alarms(self) -> list[Alarm]:
        """Alarms of the champion's slot while the previous version is in it."""
        is_in_it = self.has(CHAMPION, self.rollout.previous.artifact)
        return [alarm for alarm in self.observed.alarms if alarm.slot == CHAMPION and is_in_it]

    @property
    def haven(self) -> str | None:
        """The slot in which the previous version is right now, and stays; the champion's rather than another."""
        is_taken_down = self.rollout.position is Position.RETIRING and self.observed.is_changing
        slots = (CHAMPION,) if is_taken_down else (CHAMPION, CHALLENGER)
        return next((slot for slot in slots if self.has(slot, self.rollout.previous.artifact)), None)

    @property
    def slots_as_seen(self) -> dict[str, str]:
        """Which of the two versions is in which slot of the endpoint."""
        versions = {each.artifact: each.version for each in (self.rollout.candidate, self.rollout.previous)}
        found = self.observed.artifacts
        return {slot: versions[artifact] for slot, artifact in found.items() if artifact in versions}

"""Which version is looked at beside the champion? The one under release, while both share everybody's traffic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sluice.aws.rollouts import Rollouts
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.variant import CHALLENGER

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class CandidateLook(Generic[Found]):
    """One look at a version under release.

    Attributes:
        model: Name of the model.
        version: The candidate.
        slot: Where it answers.
        rollout: Id of its rollout.
        found: What was found of its answers.

    """

    model: str
    version: str
    slot: str
    rollout: str
    found: Found


def look_at_candidate(model: str, rollouts: Rollouts, judge: Callable[[Rollout], Found]) -> CandidateLook[Found] | None:
    """Judge the rollout of a model; None where no candidate shares the traffic. Raises StoreUnavailable."""
    rollout = rollouts.active(model)
    if rollout is None or rollout.position is not Position.STAGE or not rollout.current.splits_traffic:
        return None
    return CandidateLook(model, rollout.candidate.version, CHALLENGER, rollout.id, judge(rollout))

"""How does a queued rollout start to move? From what is really live: that version is the one an abort goes back to."""

from dataclasses import replace

from sluice.domain.rollout.case import Case
from sluice.domain.rollout.deciding import finished, wait
from sluice.domain.rollout.decision import Decision, EntryKind
from sluice.domain.rollout.enter import enter
from sluice.domain.rollout.rollout import ModelVersion, Phase, Position
from sluice.domain.variant import CHAMPION


def begin(case: Case) -> Decision | None:
    """Start, once the endpoint is at rest; None when it has started before."""
    rollout, observed = case.rollout, case.observed
    if rollout.position is not Position.QUEUED:
        return None
    artifact, version = observed.artifacts.get(CHAMPION), observed.routing.versions[CHAMPION]
    if observed.is_changing or artifact is None:
        return wait(case, case.soon)
    if rollout.candidate.version == version or rollout.candidate.artifact == artifact:
        return finished(case, Phase.ABORTED, f"version {rollout.candidate.version} is the champion already")
    started = replace(
        rollout,
        previous=ModelVersion(version, artifact),
        slots={CHAMPION: version},
        weights=dict(observed.routing.weights),
    )
    reason = f"{rollout.requested_by} asked for version {rollout.candidate.version}; {version} is the champion"
    moving = enter(replace(case, rollout=started), 0, reason)
    if moving.entry is None or moving.entry.kind is EntryKind.PROMOTED:  # in place there is nothing between the two
        return moving
    return replace(moving, entry=replace(moving.entry, kind=EntryKind.STARTED))

"""An approved model package becomes a rollout: one for each approval, however often that is told.

Approving a package anew, after it was rejected, is another approval: whoever does so wants it released after all.
"""

import hashlib
from datetime import datetime

from sluice.aws.registry import Approval, Package
from sluice.domain.declared_release import DeclaredRelease, OnApproval
from sluice.domain.errors import RolloutRefused
from sluice.domain.release_event import ToldApproval
from sluice.domain.rollout.document import rollout_id
from sluice.domain.rollout.rollout import ModelVersion, Rollout
from sluice.service.bring_reference import bring_reference
from sluice.service.registered_candidate import registered_candidate
from sluice.service.release_services import Services
from sluice.service.start_rollout import RolloutRequest, champion, is_on_its_way, start_rollout


def approve_version(
    model: str, package: Package, services: Services, *, approval: ToldApproval, now: datetime
) -> Rollout | None:
    """Ask for the rollout of an approved package; None when there is nothing to start.

    That is so where deployments want approvals ignored, where the package is not approved any more, where a rollout of
    it was asked for since the approval, and where it is the champion or on its way already. Raises RolloutRefused,
    InvalidPlan, ArchiveUnreadable.
    """
    declared = services.declarations.get(model)
    if declared is None or declared.on_approval is OnApproval.IGNORE or package.approval is not Approval.APPROVED:
        return None
    approved_by = approval.happened_by(package.modified_at)
    own = (each for each in services.rollouts.recent(model) if each.requested_by == package.arn)
    if any(each.requested_at >= approved_by for each in own):
        return None
    candidate = registered_candidate(package)
    bring_reference(model, package, services.archives, services.references)
    try:
        return _start(model, package, candidate, services, now=now)
    except RolloutRefused:
        if _is_released(model, candidate, declared, services):
            return None
        raise


def _start(model: str, package: Package, candidate: ModelVersion, services: Services, *, now: datetime) -> Rollout:
    """The id comes of the package and of its last change: of two who hear of it at once, one starts it."""
    suffix = hashlib.sha256(package.arn.encode()).hexdigest()[:8]
    return start_rollout(
        RolloutRequest(
            model=model,
            candidate=candidate,
            inputs_hash=package.inputs_hash,
            plan=None,
            requested_by=package.arn,
            reason=package.because or "the model package was approved",
        ),
        rollouts=services.rollouts,
        routings=services.routings,
        declarations=services.declarations,
        new_id=lambda _: rollout_id(package.modified_at, suffix),
        now=now,
    )


def _is_released(model: str, candidate: ModelVersion, declared: DeclaredRelease, services: Services) -> bool:
    """Whether what was approved is so, or about to be: it was asked for in another way, or by another process."""
    routing, recent = services.routings.get(model), services.rollouts.recent(model)
    is_coming = any(each.candidate == candidate and is_on_its_way(each) for each in recent)
    return is_coming or (routing is not None and champion(routing, recent, declared) == candidate)

"""What becomes of an approval that an event tells of? A rollout, or an incident that tells people why not."""

import logging
from datetime import datetime

from sluice.aws.registry import Package, Registry
from sluice.domain.errors import ArchiveUnreadable, InvalidPlan, ModelNotFound, RolloutRefused
from sluice.domain.incident import Incident
from sluice.domain.release_event import ToldApproval
from sluice.service.approve_version import approve_version
from sluice.service.open_incident import incident_of_gone_package, incident_of_refusal
from sluice.service.release_services import Services

_LOG = logging.getLogger(__name__)


def hear_approval(
    approval: ToldApproval, *, model: str, group: str, services: Services, registry: Registry, now: datetime
) -> Incident | None:
    """Start the rollout of an approved package of a model's group; the incident that it opens when that is refused.

    Safe to repeat: an approval that is told again neither starts another rollout nor opens another incident. Of a
    package that was deleted since, whoever approved it is told, too.
    """
    try:
        package = registry.get(group, approval.package)
    except ModelNotFound as gone:
        _LOG.warning("release.package_gone reason=%s", gone)
        return _open(incident_of_gone_package(model, approval, now=now), services)
    try:
        approve_version(model, package, services, approval=approval, now=now)
    except (RolloutRefused, InvalidPlan, ArchiveUnreadable) as refused:  # only a person can help
        _LOG.warning("release.approval_refused model=%s package=%s reason=%s", model, package.arn, refused)
        return _tell(incident_of_refusal(model, package, str(refused), now=now), approval, package, services)
    return None


def _tell(incident: Incident, approval: ToldApproval, package: Package, services: Services) -> Incident | None:
    """Open it, unless the same approval has opened one."""
    approved_by = approval.happened_by(package.modified_at)
    known = services.incidents.list(incident.model)
    if any(each.evidence.get("package") == package.arn and each.opened_at >= approved_by for each in known):
        return None
    return _open(incident, services)


def _open(incident: Incident, services: Services) -> Incident | None:
    is_new = services.incidents.put(incident)  # of two processes that hear of it at once, one tells
    if is_new and services.ops_items is not None:
        services.ops_items.open(incident)
    return incident if is_new else None

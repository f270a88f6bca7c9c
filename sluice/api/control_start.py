"""From the body of a request to the rollout that is asked for."""

from sluice.api.control_body import CandidateBody, StartBody
from sluice.api.control_services import Services
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import ModelVersion
from sluice.service.bring_reference import bring_reference
from sluice.service.registered_candidate import registered_candidate
from sluice.service.start_rollout import RolloutRequest


def request_of(body: StartBody, model: str, caller: str, services: Services) -> RolloutRequest:
    """What ``caller`` asks for.

    Raises InvalidPlan, RolloutRefused, ArchiveUnreadable, and ModelNotFound for an unknown package.
    """
    candidate, inputs = _candidate(body.candidate, model, services)
    return RolloutRequest(
        model=model,
        candidate=candidate,
        inputs_hash=inputs,
        plan=None if body.plan is None else read_plan(body.plan, "plan"),
        requested_by=caller,
        reason=body.reason,
    )


def _candidate(body: CandidateBody, model: str, services: Services) -> tuple[ModelVersion, str | None]:
    """The version, and the hash of its inputs if it is known."""
    if body.package is None:
        return ModelVersion(body.version or "", body.artifact or ""), None
    package = services.registry.get(services.group(model), body.package)
    candidate = registered_candidate(package)
    bring_reference(model, package, services.archives, services.references)
    return candidate, package.inputs_hash

"""How are a model's endpoint, routing table and alarms right now? One look at all of them; nothing is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.aws.alarms import EndpointAlarms
from sluice.aws.endpoint import EndpointState, VariantState
from sluice.aws.rollouts import active_of
from sluice.domain.declared_release import DeclaredRelease
from sluice.domain.endpoint_config import SHADOW, Variant, artifact_of
from sluice.domain.errors import EndpointNotFound
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.wanted import CHANGES_CONTENTS
from sluice.domain.routing import Routing
from sluice.service.release_services import Services


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look saw.

    Attributes:
        observed: What a decision is made on.
        declared: What the deployment declares.
        state: The endpoint.
        variants: What is in each slot, with the weights asked for.
        shadow: The container of the shadow, if there is one.
        alarms: The alarms of its slots.

    """

    observed: Observed
    declared: DeclaredRelease
    state: EndpointState
    variants: tuple[Variant, ...]
    shadow: Mapping[str, Any] | None
    alarms: EndpointAlarms

    @property
    def routing(self) -> Routing:
        """The routing table."""
        return self.observed.routing

    @property
    def endpoint(self) -> str:
        """Name of the endpoint."""
        return self.state.name


def observe(model: str, services: Services, rollouts: Sequence[Rollout]) -> Sight | None:
    """Look at a model; None while it is not deployed.

    ``rollouts``, newest first, tell what is in the slots when the endpoint's config was deleted: nothing else knows.
    Raises RoutingUnavailable.
    """
    declared, routing = services.declarations.get(model), services.routings.get(model)
    if declared is None or routing is None:
        return None
    try:
        state = services.endpoints.look(declared.endpoint)
    except EndpointNotFound:
        return None
    alarms = services.alarms.of(declared.endpoint)
    known = _known_artifacts(routing, rollouts, declared)
    variants = tuple(_variant(variant, services, known) for variant in state.variants)
    shadow = _variant(state.shadow, services, known).container if state.shadow else None
    contents = {variant.name: variant.container for variant in variants} | ({SHADOW: shadow} if shadow else {})
    observed = Observed(
        status=state.status,
        is_changing=state.is_changing,
        failure_reason=state.failure_reason,
        artifacts={slot: artifact_of(container) or "" for slot, container in contents.items()},
        weights=state.desired_weights,
        is_routing_by_weights=state.routes_by(state.desired_weights),
        has_config=state.has_config,
        routing=routing,
        alarms=alarms.firing,
        declared_slots=declared.declared_slots,
    )
    return Sight(observed, declared, state, variants, shadow, alarms)


def _variant(state: VariantState, services: Services, known: Mapping[str, str]) -> Variant:
    if state.model_name:
        container = services.endpoints.container(state.model_name)
    else:
        container = {"ModelDataUrl": known.get(state.name, "")}
    return Variant(state.name, container, state.desired_weight, state.instances or None)


def _known_artifacts(routing: Routing, rollouts: Sequence[Rollout], declared: DeclaredRelease) -> dict[str, str]:
    """S3 URLs by slot, as far as records tell: by the release under way, else by the routing table's versions.

    What is declared says it only where nothing was ever released: later deployments leave in place what is live.
    """
    declares = () if rollouts else declared.declaration.variants
    deployed = {variant.name: artifact_of(variant.container) or "" for variant in declares}
    versions = {each.version: each.artifact for rollout in rollouts for each in (rollout.candidate, rollout.previous)}
    released = {slot: versions[version] for slot, version in routing.versions.items() if version in versions}
    shadow = declared.declaration.shadow or ""  # a plan with a shadow is refused beside it
    return {SHADOW: shadow, **deployed, **released, **_being_filled(rollouts, shadow)}


def _being_filled(rollouts: Sequence[Rollout], shadow: str) -> dict[str, str]:
    """What the release under way tells of its slots; empty of one that may have been filled anew by now, or not yet."""
    active = active_of(rollouts)
    if active is None or active.position is Position.QUEUED:
        return {}
    wanted = {slot: active.artifact_of(version) for slot, version in active.slots.items()}
    before = active.seen.artifacts if active.position in CHANGES_CONTENTS else {}
    known = {slot: artifact if before.get(slot) in (None, artifact) else "" for slot, artifact in wanted.items()}
    return {SHADOW: shadow or active.candidate.artifact, **known}

"""Do to the world what a decision asks for. Everything can be asked for twice; what is so already is left alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sluice.domain import in_place
from sluice.domain.endpoint_config import SHADOW, Variant, composed_of
from sluice.domain.errors import EndpointBusy, InvalidWeights
from sluice.domain.rollout.decision import Effect, Route, Serve
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.variant import CHAMPION, in_order
from sluice.service.observe import Sight
from sluice.service.release_services import Services


def perform(effect: Effect, rollout: Rollout, sight: Sight, services: Services) -> None:
    """Carry an effect out, or begin to: SageMaker takes minutes, and the next looks see how it goes.

    Raises EndpointBusy, CapacityLacking, ChangeRefused, EndpointConfigLost, EndpointNotFound when SageMaker will not;
    StaleWrite when somebody else wrote the routing table since it was seen; RoutingUnavailable.
    """
    if isinstance(effect, Serve):
        _serve(effect, rollout, sight, services)
    elif isinstance(effect, Route):
        _route(effect, sight, services, author=rollout.author)


def _serve(effect: Serve, rollout: Rollout, sight: Sight, services: Services) -> None:
    """Models and config first, then scaling targets of slots that go, then the endpoint."""
    variants = variants_of(effect, sight)
    if sum(variant.weight for variant in variants) <= 0:
        raise InvalidWeights(f"{sight.endpoint} would send requests nowhere: {effect.weights}")
    shadow = shadow_of(effect, sight, is_alone=len(variants) == 1)
    composed = composed_of(sight.declared.declaration, variants, shadow=shadow)
    live = sight.state.desired_weights
    if sight.state.is_changing:
        raise EndpointBusy(f"{sight.endpoint} is {sight.state.status}")
    services.endpoints.prepare(composed)
    for slot in sorted(effect.removed & live.keys()):
        services.scaling.release(sight.endpoint, slot)
    services.endpoints.update(
        sight.endpoint,
        composed.config_name,
        # Nobody's change of weights since the look is undone, unless weights are what this is about.
        keep_weights=all(live.get(variant.name, variant.weight) == variant.weight for variant in variants),
        deployment=_deployment(rollout, sight) if effect.in_place else None,
    )


def variants_of(effect: Serve, sight: Sight) -> list[Variant]:
    """The production variants that the endpoint is to have: those asked for, and the live ones nobody minds."""
    live = {variant.name: variant for variant in sight.variants}
    containers = {container.get("ModelDataUrl"): container for container in _containers(sight)}
    slots = (live.keys() | effect.artifacts.keys()) - effect.removed
    scaled = live[CHAMPION].instances if sight.declared.declaration.keeps_instance_counts else None
    found = []
    for slot in in_order(slots):
        before = live.get(slot, Variant(slot, {}, 0, scaled))
        artifact = effect.artifacts.get(slot)
        # What is live already keeps its environment, in whichever slot.
        container = before.container if artifact is None else containers.get(artifact, {"ModelDataUrl": artifact})
        instances = None if scaled is None else before.instances
        found.append(Variant(slot, container, effect.weights.get(slot, 0), instances))
    return found


def shadow_of(effect: Serve, sight: Sight, *, is_alone: bool) -> Mapping[str, Any] | None:
    """The container of what gets a copy of the requests; nobody's where SageMaker allows none.

    The one asked for, else the one that is there unless it is to go, else the one that the deployment declares.
    """
    if effect.shadow:
        return {"ModelDataUrl": effect.shadow}
    if not is_alone:
        return None
    if sight.shadow is not None and SHADOW not in effect.removed:
        return sight.shadow
    declared = sight.declared.declaration.shadow
    return {"ModelDataUrl": declared} if declared else None


def _containers(sight: Sight) -> list[Mapping[str, Any]]:
    return [variant.container for variant in sight.variants] + ([sight.shadow] if sight.shadow else [])


def _deployment(rollout: Rollout, sight: Sight) -> dict[str, Any]:
    return in_place.deployment_config(
        instances=min((variant.instances for variant in sight.state.variants), default=1),
        canary_minutes=rollout.current.minutes,
        bake_minutes=rollout.plan.bake.minutes,
        alarms=sight.alarms.guarding.get(CHAMPION, ()),
    )


def _route(effect: Route, sight: Sight, services: Services, *, author: str) -> None:
    """The routing table first: nobody refuses it, and it decides where predictions go. Then the endpoint."""
    table = sight.routing
    wanted = replace(table, weights=effect.weights, versions=effect.versions, preview=effect.preview, interleaving=None)
    if wanted != table:
        services.routings.put(replace(wanted, revision=table.revision + 1, author=author))
    live = sight.state.desired_weights
    asked = {slot: effect.weights.get(slot, 0) for slot in live}
    if asked == live:
        return
    if sum(asked.values()) <= 0:
        raise InvalidWeights(f"{sight.endpoint} has {sorted(live)}: by {effect.weights} it would send requests nowhere")
    if sight.state.is_changing:
        raise EndpointBusy(f"{sight.endpoint} is {sight.state.status}")
    services.endpoints.set_weights(sight.endpoint, asked)

"""Is the world as a rollout wants it, and if not: which effect brings it there?

Contents of slots are changed in four positions only; all others move traffic. Where a slot is to be taken down, its
traffic leaves first; where versions trade places, the table names the slots as before until the trade is seen.
"""

from collections.abc import Mapping

from sluice.domain.endpoint_config import SHADOW
from sluice.domain.rollout.decision import Route, Serve
from sluice.domain.rollout.observed import Observed
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.routing import Preview
from sluice.domain.variant import CHALLENGER, CHAMPION

CHANGES_CONTENTS = frozenset({Position.INSTALLING, Position.SWAPPING, Position.RESTORING, Position.RETIRING})
_TOLERANCE = 1e-6  # weights are floats on their way through SageMaker


def lacking(rollout: Rollout, observed: Observed) -> Serve | Route | None:
    """The effect that is needed next; None when the world is as wanted."""
    contents = missing_contents(rollout, observed) if rollout.position in CHANGES_CONTENTS else None
    traffic = missing_traffic(rollout, observed)
    return traffic or contents if rollout.position is Position.RETIRING else contents or traffic


def missing_contents(rollout: Rollout, observed: Observed) -> Serve | None:
    """The update that puts the versions into their slots; None when they are there, by a config that exists."""
    artifacts = {slot: rollout.artifact_of(version) for slot, version in rollout.slots.items()}
    removed = _superfluous(rollout, observed)
    are_there = all(observed.artifacts.get(slot) == artifact for slot, artifact in artifacts.items())
    if are_there and not removed and observed.has_config:
        return None
    return Serve(
        artifacts={slot: artifact for slot, artifact in artifacts.items() if slot != SHADOW},
        weights=dict(rollout.weights),
        shadow=artifacts.get(SHADOW),
        removed=removed,
        in_place=rollout.plan.is_in_place and rollout.position is Position.SWAPPING,
    )


def missing_traffic(rollout: Rollout, observed: Observed) -> Route | None:
    """The table that is wanted; None when it is there and the endpoint routes by the same weights."""
    wanted = _table(rollout, observed)
    routing = observed.routing
    there = Route(dict(routing.weights), dict(routing.versions), routing.preview)
    is_there = there == wanted and routing.interleaving is None
    return None if is_there and _routes_by(rollout.weights, observed) else wanted


def is_same_traffic(some: Mapping[str, float], others: Mapping[str, float]) -> bool:
    """Whether two sets of weights give every slot the same share; slots left out have none. All zero is no split."""
    shares, other_shares = _shares(some), _shares(others)
    slots = some.keys() | others.keys() if shares and other_shares else ()
    return bool(slots) and all(abs(shares.get(slot, 0) - other_shares.get(slot, 0)) < _TOLERANCE for slot in slots)


def table_is_as_wanted(rollout: Rollout, observed: Observed) -> bool:
    """Whether the table says of the slots that the rollout minds what it wants; other slots may have joined."""
    wanted, routing = _table(rollout, observed), observed.routing
    versions = {slot: routing.versions.get(slot) for slot in wanted.versions}
    return (
        is_same_traffic(routing.weights, wanted.weights)
        and versions == wanted.versions
        and routing.preview == wanted.preview
        and routing.interleaving is None
    )


def _routes_by(weights: Mapping[str, int], observed: Observed) -> bool:
    return observed.is_routing_by_weights and is_same_traffic(production(observed.weights), weights)


def production(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of the variants that answer; a shadow's divides nothing."""
    return {slot: weight for slot, weight in weights.items() if slot != SHADOW}


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {slot: weight / total for slot, weight in weights.items()} if total else {}


def _table(rollout: Rollout, observed: Observed) -> Route:
    """Every slot that is live, the rollout's with its versions and weights, others with theirs and no traffic."""
    known = {**observed.routing.versions, **rollout.slots}
    named = {CHAMPION, *(slot for slot in known if slot in observed.artifacts or rollout.weights.get(slot))} - {SHADOW}
    return Route(
        weights={slot: rollout.weights.get(slot, 0) for slot in named},
        versions={slot: known[slot] for slot in named},
        preview=_preview(rollout),
    )


def _preview(rollout: Rollout) -> Preview | None:
    """Whom the stage shows the candidate to."""
    audience = rollout.current.audience
    if rollout.position is not Position.STAGE or audience is None:
        return None
    return Preview(CHALLENGER, frozenset(audience.units), frozenset(audience.groups))


def _superfluous(rollout: Rollout, observed: Observed) -> frozenset[str]:
    """Slots to take down: what a shadow may not stand beside, a shadow that has done its part, a retired challenger.

    One production variant only beside a shadow:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """
    others = observed.artifacts.keys() - rollout.slots.keys()
    if SHADOW in rollout.slots:
        return frozenset(others)
    own = {rollout.candidate.artifact, rollout.previous.artifact}
    done_with = {SHADOW, CHALLENGER} if rollout.position is Position.RETIRING else {SHADOW}
    return frozenset(slot for slot in others & done_with if observed.artifacts[slot] in own)

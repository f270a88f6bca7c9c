"""Ask for a rollout: it is written down and waits for its turn; the controller carries it out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sluice.aws.declarations import Declarations
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.domain.declared_release import DeclaredRelease
from sluice.domain.endpoint_config import artifact_of
from sluice.domain.errors import InvalidPlan, ModelNotFound, RolloutRefused, StaleWrite
from sluice.domain.rollout.check_plan import check_plan
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.rollout import ModelVersion, Phase, Rollout, Verb
from sluice.domain.routing import Routing
from sluice.domain.signature import inputs_hash
from sluice.domain.variant import CHAMPION

MOST_WAITING = 10


@dataclass(frozen=True, slots=True)
class RolloutRequest:
    """What is asked for.

    Attributes:
        model: Model name.
        candidate: The version to release.
        inputs_hash: Of the inputs it takes; None when nobody knows.
        plan: What it is to go through; None for what the deployment declares.
        requested_by: Who asks: an ARN, a user's name, or the approved model package.
        reason: Why, in their words.

    """

    model: str
    candidate: ModelVersion
    inputs_hash: str | None
    plan: Plan | None
    requested_by: str
    reason: str


def start_rollout(
    request: RolloutRequest,
    *,
    rollouts: Rollouts,
    routings: RoutingStore,
    declarations: Declarations,
    new_id: Callable[[datetime], str],
    now: datetime,
) -> Rollout:
    """Write the rollout down. Raises ModelNotFound, InvalidPlan, RolloutRefused with what to do instead."""
    declared, routing = declarations.get(request.model), routings.get(request.model)
    if declared is None or routing is None:
        raise ModelNotFound(f"{request.model} is not deployed: there is no endpoint to release a version to")
    plan = request.plan or declared.plan
    if plan is None:
        raise InvalidPlan(f"sluice.yaml declares no plan for {request.model}: give one")
    check_plan(
        plan,
        declared_slots=declared.declared_slots,
        has_shadow=declared.declaration.shadow is not None,
        is_scaled=declared.declaration.keeps_instance_counts,
        is_captured="DataCaptureConfig" in declared.declaration.config,
    )
    recent = rollouts.recent(request.model)
    _check(request, routing, recent)
    rollout = Rollout(
        id=new_id(now),
        model=request.model,
        endpoint=declared.endpoint,
        candidate=request.candidate,
        previous=champion(routing, recent, declared),
        plan=plan,
        requested_by=request.requested_by,
        requested_at=now,
        reason=request.reason,
    )
    details = {"version": request.candidate.version, "artifact": request.candidate.artifact, "plan": plan.name}
    entry = Entry(EntryKind.REQUESTED, request.requested_by, request.reason, now, details)
    try:
        return rollouts.put(rollout, entry)
    except StaleWrite as taken:
        raise RolloutRefused(f"there is a rollout {rollout.id} of {request.model} already") from taken


def champion(routing: Routing, recent: Sequence[Rollout], declared: DeclaredRelease) -> ModelVersion:
    """What the champion's slot serves, as far as records tell: what was released there, else what was deployed."""
    version = routing.versions[CHAMPION]
    deployed = {variant.name: artifact_of(variant.container) for variant in declared.declaration.variants}
    released = {each.version: each for rollout in recent for each in (rollout.candidate, rollout.previous)}
    return released.get(version, ModelVersion(version, deployed.get(CHAMPION) or ""))


def is_on_its_way(rollout: Rollout) -> bool:
    """Whether its candidate is being released, or waits for that: not so once it is to go back, or is over."""
    is_to_go_back = rollout.command is not None and rollout.command.verb is Verb.ABORT
    return not (rollout.phase.is_over or rollout.is_aborting or is_to_go_back)


def _check(request: RolloutRequest, routing: Routing, recent: Sequence[Rollout]) -> None:
    """Raise RolloutRefused."""
    version = request.candidate.version
    waiting = [rollout for rollout in recent if rollout.phase is Phase.PENDING]
    same = [rollout for rollout in recent if is_on_its_way(rollout) and rollout.candidate.version == version]
    if same:
        raise RolloutRefused(f"version {version} is on its way already: rollout {same[0].id} is {same[0].phase}")
    if routing.versions[CHAMPION] == version and len(waiting) == len([r for r in recent if not r.phase.is_over]):
        raise RolloutRefused(f"version {version} is the champion of {request.model} already")
    if len(waiting) >= MOST_WAITING:
        raise RolloutRefused(f"{len(waiting)} rollouts of {request.model} are waiting: abort some, or ask again later")
    if request.inputs_hash is not None and request.inputs_hash != inputs_hash(routing.signature):
        raise RolloutRefused(
            f"version {version} takes other inputs than the champion: callers would have to change with it; "
            "deploy it as a model of its own"
        )

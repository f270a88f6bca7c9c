"""Look at a model once, decide one thing about its rollout, write it down, and do it.

Whoever calls only says "look again": what is so is read from the world, so that lost, late, repeated and reordered
calls change nothing. A crash between any two calls is made good by the next look: what was decided is written before
it is done, and done again as long as the world is not as wanted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sluice.aws.rollouts import active_of
from sluice.domain.endpoint_config import composed_of
from sluice.domain.errors import CapacityLacking, ChangeRefused, EndpointBusy, EndpointConfigLost, StaleWrite
from sluice.domain.incident import Incident
from sluice.domain.rollout import converge
from sluice.domain.rollout.advance import advance
from sluice.domain.rollout.decision import Decision, Entry, EntryKind, Nothing
from sluice.domain.rollout.rollout import Phase, Position, Rollout
from sluice.domain.rollout.stage import Kind
from sluice.service.collect_evidence import collect_evidence, judged
from sluice.service.compare_shadow import compare_shadow
from sluice.service.hold_lease import Overtaken, hold_lease
from sluice.service.learn import learn
from sluice.service.look_at_experiment import look_at_experiment
from sluice.service.look_at_rest import look_at_rest
from sluice.service.observe import Sight, observe
from sluice.service.open_incident import incident_of_lost_config, incident_of_rollout
from sluice.service.perform import perform
from sluice.service.preview import preview
from sluice.service.release_services import Services
from sluice.service.weigh_rewards import weigh_rewards

_CONTROLLER = "controller"

__all__ = ["Look", "Services", "reconcile"]


@dataclass(frozen=True, slots=True)
class Look:
    """What came of one look.

    Attributes:
        model: Model name.
        outcome: In words, for the log.
        decision: What was decided; None when there was nothing to decide about.
        incident: What was opened, if anything.
        instances: How many are in service, by slot, as far as the look came.

    """

    model: str
    outcome: str
    decision: Decision | None = None
    incident: Incident | None = None
    instances: Mapping[str, int] = field(default_factory=dict)


def reconcile(model: str, services: Services, *, now: datetime) -> Look:
    """One look. Safe to run at any time, any number of times, in any number of processes.

    Raises what AWS raises when it cannot be asked, and RoutingUnavailable: then the next look tries again.
    """
    try:
        return _look(model, services, now)
    except Overtaken as other:
        return Look(model, str(other))
    except StaleWrite as overtaken:
        return Look(model, f"overtaken: {overtaken}")


def _look(model: str, services: Services, now: datetime) -> Look:
    recent = services.rollouts.recent(model)
    sight = observe(model, services, recent)
    if sight is None:
        return Look(model, "not deployed")
    instances = {variant.name: variant.instances for variant in sight.state.variants}
    return replace(_decide(recent, sight, services, now=now), instances=instances)


def _decide(recent: Sequence[Rollout], sight: Sight, services: Services, *, now: datetime) -> Look:
    """Decide on what is seen, and do it."""
    model, rollout = sight.routing.model, active_of(recent)
    if not sight.observed.has_config:
        return _heal(model, rollout, sight, services, now=now)
    if rollout is None:
        return _idle(model, recent, sight, services, now=now)
    known = learn("metrics", lambda: collect_evidence(rollout, sight, services, now=now), None)
    previewed = _previewed(known or rollout, sight, services, now)
    compared = learn("captures", lambda: compare_shadow(previewed, sight, services, now=now), None)
    counted = compared or previewed
    reward = learn("rewards", lambda: weigh_rewards(counted, services.rewards, now=now), None)
    findings = judged(counted, now=now, reward=reward, is_current=None not in (known, compared))
    decision = advance(counted, sight.observed, findings, now=now)
    is_new = decision.rollout != rollout
    if decision.entry is None and isinstance(decision.effect, Nothing):
        if is_new:  # counts, or that all is as wanted now
            services.rollouts.put(decision.rollout)
        return Look(model, decision.rollout.reason, decision)
    return _act(_Turn(rollout, counted, decision, is_new=is_new), sight, services, now)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A decision, and the record as it was read and as the decision was made on it."""

    read: Rollout
    counted: Rollout
    decision: Decision
    is_new: bool


def _previewed(rollout: Rollout, sight: Sight, services: Services, now: datetime) -> Rollout:
    """The rollout with what came of recorded requests, if they are to be put to the candidate and can be read."""
    if not _is_to_preview(rollout):
        return rollout
    known = rollout.evidence.previewed
    previewed = learn("preview", lambda: preview(sight, services, now=now), known)
    return rollout if previewed is known else replace(rollout, evidence=replace(rollout.evidence, previewed=previewed))


def _is_to_preview(rollout: Rollout) -> bool:
    """Whether recorded requests are to be put to the candidate, once there are any."""
    if rollout.position is not Position.STAGE or rollout.current.kind is not Kind.PREVIEW or not rollout.is_settled:
        return False
    previewed = rollout.evidence.previewed
    return previewed is None or (previewed.requests == 0 and rollout.phase is not Phase.PAUSED)


def _act(turn: _Turn, sight: Sight, services: Services, now: datetime) -> Look:
    """Write the decision down, then do it, as the only one who does."""
    decision, incident = turn.decision, None
    with hold_lease(turn.read.model, services, now=now) as fence:
        if decision.opens_incident:
            incident = incident_of_rollout(decision, turn.counted, sight, services, now=now)
        if turn.is_new:
            written = services.rollouts.put(decision.rollout, decision.entry, incident=incident, fence=fence)
        else:
            written = _unchanged(turn.read, services)
        try:
            outcome = _perform(turn, written, sight, services, now=now)
        finally:  # the record of the incident is written: no later look opens it
            _tell(incident, services)
    return Look(turn.read.model, outcome, decision, incident)


def _tell(incident: Incident | None, services: Services) -> None:
    if incident is not None and services.ops_items is not None:
        services.ops_items.open(incident)


def _unchanged(read: Rollout, services: Services) -> Rollout:
    """The record, if it is still what the decision was made on. Raises StaleWrite."""
    current = services.rollouts.get(read.model, read.id)
    if current is None or current.revision != read.revision:
        raise StaleWrite(f"rollout {read.id} of {read.model} was changed by somebody else")
    return current


def _perform(turn: _Turn, written: Rollout, sight: Sight, services: Services, *, now: datetime) -> str:
    """Do it; what SageMaker refuses is written down, for the next looks to decide about."""
    try:
        perform(turn.decision.effect, written, sight, services)
    except (EndpointBusy, EndpointConfigLost) as busy:  # a config just made may take a moment to be found
        return f"{written.reason}; {busy}"
    except (CapacityLacking, ChangeRefused) as why:
        learned = converge.refused(written, sight.observed, str(why), now=now)
        if learned.rollout is not written:
            written = services.rollouts.put(learned.rollout, learned.entry)
    return written.reason


def _heal(model: str, rollout: Rollout | None, sight: Sight, services: Services, *, now: datetime) -> Look:
    """Make an endpoint config anew that was deleted under its endpoint: SageMaker needs it to replace an instance."""
    if not all(sight.observed.artifacts.values()):
        return _lost(model, sight, services, now=now)
    outcome, incident = f"{sight.state.config_name} was deleted by hand, and is made anew", None
    composed = composed_of(sight.declared.declaration, sight.variants, shadow=sight.shadow)
    with hold_lease(model, services, now=now) as fence:
        if rollout is not None:
            entry = Entry(EntryKind.HEALED, _CONTROLLER, outcome, now, {"artifacts": dict(sight.observed.artifacts)})
            services.rollouts.put(rollout, entry, fence=fence)
        else:
            incident = incident_of_lost_config(model, sight, now=now)
            services.incidents.put(incident)
        try:
            services.endpoints.prepare(composed.under(sight.state.config_name))
        finally:
            _tell(incident, services)
    return Look(model, outcome, incident=incident)


def _lost(model: str, sight: Sight, services: Services, *, now: datetime) -> Look:
    """Nobody knows what to make the config of: an incident, once, and a person."""
    outcome = f"{sight.state.config_name} was deleted by hand, and no record tells all that it served"
    incident = replace(incident_of_lost_config(model, sight, now=now), what_changed=outcome)
    if any((each.title, each.what_changed) == (incident.title, outcome) for each in services.incidents.list(model)):
        return Look(model, outcome)
    services.incidents.put(incident)
    _tell(incident, services)
    return Look(model, outcome, incident=incident)


def _idle(model: str, recent: Sequence[Rollout], sight: Sight, services: Services, *, now: datetime) -> Look:
    """Nothing is being released: what is wrong all the same is an incident, once."""
    incident = look_at_rest(model, recent, sight, services, now=now)
    if incident is None:
        return Look(model, look_at_experiment(model, sight, services, now=now) or "nothing to release")
    services.incidents.put(incident)
    _tell(incident, services)
    return Look(model, incident.title, incident=incident)

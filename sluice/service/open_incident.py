"""Write down what went wrong: what changed, on which evidence, who decided, some answers, how to see it again."""

import hashlib
from datetime import datetime

from sluice.aws.registry import Package
from sluice.domain.endpoint_config import SHADOW
from sluice.domain.exchange import Exchange
from sluice.domain.incident import Incident
from sluice.domain.release_event import ToldApproval
from sluice.domain.rollout.decision import Decision
from sluice.domain.rollout.observed import Alarm
from sluice.domain.rollout.rollout import Phase, Rollout
from sluice.domain.shadow.shadowed import Shadowed
from sluice.domain.variant import CHALLENGER, CHAMPION
from sluice.service.collect_evidence import comparison, judged
from sluice.service.learn import learn
from sluice.service.observe import Sight
from sluice.service.release_services import Services
from sluice.service.weigh_rewards import weigh_rewards

_EXAMPLES = 5


def incident_of_rollout(
    decision: Decision, before: Rollout, sight: Sight, services: Services, *, now: datetime
) -> Incident:
    """The incident that a decision about a rollout opens; ``before`` is the rollout it was made on."""
    after, compared = decision.rollout, comparison(before)
    suspect = compared.candidate if compared else CHALLENGER
    examples = _examples(after.candidate.version, suspect, sight, services, now=now)
    reason = decision.entry.reason if decision.entry else after.reason
    fate = "held" if after.phase is Phase.PAUSED else "stuck" if after.stuck else "taken back"
    incident_id = f"{now:%Y%m%dT%H%M%S}-{after.id[-4:]}"
    return Incident(
        id=incident_id,
        model=after.model,
        rollout_id=after.id,
        title=f"{after.model}: version {after.candidate.version} is {fate}: {reason}",
        opened_at=now,
        what_changed=_what_changed(before),
        evidence={**before.evidence.to_dict(), "findings": _findings(before, services, now)},
        alarms=tuple(alarm.name for alarm in sight.observed.alarms),
        prediction_ids=_ids(before, examples) if suspect == SHADOW else tuple(each.prediction_id for each in examples),
        variant=_variant(examples),
        replay=_replay(examples, incident_id, after.model),
        decided_by=decision.entry.actor if decision.entry else after.decided_by,
    )


def incident_of_alarm(model: str, alarm: Alarm, sight: Sight, services: Services, *, now: datetime) -> Incident:
    """The incident of an alarm while nothing is released."""
    version = sight.routing.versions.get(alarm.slot, "unknown")
    examples = _examples(version, alarm.slot, sight, services, now=now)
    incident_id = f"{now:%Y%m%dT%H%M%S}-{alarm.slot}"
    return Incident(
        id=incident_id,
        model=model,
        title=f"{model}: {alarm.name} is in ALARM: {alarm.reason}",
        opened_at=now,
        what_changed=f"nothing is being released; {alarm.slot} serves version {version}",
        alarms=(alarm.name,),
        prediction_ids=tuple(example.prediction_id for example in examples),
        variant=_variant(examples),
        replay=_replay(examples, incident_id, model),
        decided_by=alarm.name,
    )


def incident_of_lost_config(model: str, sight: Sight, *, now: datetime) -> Incident:
    """The incident of an endpoint config that was deleted while nothing is released."""
    name = sight.state.config_name
    return Incident(
        id=f"{now:%Y%m%dT%H%M%S}-config",
        model=model,
        title=f"{model}: somebody deleted the endpoint config {name} by which {sight.endpoint} serves",
        opened_at=now,
        what_changed=f"the config is made anew around {dict(sight.observed.artifacts)}",
        replay=f"aws sagemaker describe-endpoint-config --endpoint-config-name {name}",
        decided_by="controller",
    )


def incident_of_contents(model: str, slot: str, artifact: str, sight: Sight, *, now: datetime) -> Incident:
    """The incident of something in a slot that no release put there, while nothing is released."""
    return Incident(
        id=f"{now:%Y%m%dT%H%M%S}-{slot}-contents",
        model=model,
        title=f"{model}: somebody put {artifact} into the slot {slot}",
        opened_at=now,
        what_changed=(
            f"the routing table names version {sight.routing.versions[slot]} there: release that again, "
            f"or what is there now"
        ),
        evidence={"artifacts": dict(sight.observed.artifacts), "versions": dict(sight.routing.versions)},
        replay=f"aws sagemaker describe-endpoint --endpoint-name {sight.endpoint}",
        decided_by="controller",
    )


def incident_of_refusal(model: str, package: Package, reason: str, *, now: datetime) -> Incident:
    """The incident of an approval that starts no rollout; its id is that of the approval."""
    digest = hashlib.sha256(package.arn.encode()).hexdigest()
    command = f"sluice rollout start {package.number} --model {model}"
    return Incident(
        id=f"{package.modified_at:%Y%m%dT%H%M%S}-{digest[:8]}",
        model=model,
        title=f"{model}: version {package.version} was approved and is not released: {reason}",
        opened_at=now,
        what_changed=f"nothing: {package.arn} was approved, but its rollout was refused: {reason}. When that is "
        f"mended, start it with `{command}`, or reject package {package.number} and approve it again",
        evidence={"package": package.arn, "version": package.version, "artifact": package.artifact, "reason": reason},
        replay=command,
        decided_by="controller",
    )


def incident_of_gone_package(model: str, approval: ToldApproval, *, now: datetime) -> Incident:
    """The incident of an approval whose package was deleted before anybody heard of it; its id is the approval's."""
    digest = hashlib.sha256(approval.package.encode()).hexdigest()
    moment = f"{approval.told_at:%Y%m%dT%H%M%S}" if approval.told_at else "undated"
    return Incident(
        id=f"{moment}-{digest[:8]}",
        model=model,
        title=f"{model}: a version was approved and is not released: its package {approval.package} is gone",
        opened_at=now,
        what_changed="nothing: the package was deleted from the registry. Register the version again, and approve it",
        evidence={"package": approval.package},
        replay=f"sluice models list --model {model}",
        decided_by="controller",
    )


def _examples(version: str, slot: str, sight: Sight, services: Services, *, now: datetime) -> list[Exchange]:
    """Requests to a version in its slot; what came just into the champion's is found where it was before."""
    for place in (CHAMPION, CHALLENGER) if slot == CHAMPION else (slot,):
        found = services.recorded.examples(sight.endpoint, place, now=now, most=_EXAMPLES, version=version)
        if place != slot:
            found = [example for example in found if example.version == version]
        if found:
            return found
    return []


def _ids(before: Rollout, examples: list[Exchange]) -> tuple[str, ...]:
    """Of a shadow's: those that were answered furthest from the champion first."""
    shadowed = before.evidence.shadowed or Shadowed()
    worst = [example.prediction_id for example in shadowed.report.worst]
    return tuple(dict.fromkeys([*worst, *(example.prediction_id for example in examples)]))[:_EXAMPLES]


def _what_changed(rollout: Rollout) -> str:
    return (
        f"version {rollout.candidate.version} was to take the place of {rollout.previous.version}, by the plan "
        f"{rollout.plan.name}: {rollout.position}, weights {dict(rollout.weights)}; asked for by {rollout.requested_by}"
    )


def _findings(rollout: Rollout, services: Services, now: datetime) -> dict[str, object]:
    found = judged(rollout, now=now)
    reward = learn("rewards", lambda: weigh_rewards(rollout, services.rewards, now=now), None)
    parts = {"evidence": found.evidence, "watch": found.watch}
    rewarded = {"rewards": {"verdict": reward.verdict.value, "reason": reward.reason}} if reward else {}
    return rewarded | {name: part.to_dict() for name, part in parts.items() if part is not None}


def _variant(examples: list[Exchange]) -> str:
    return examples[0].variant if examples else ""


def _replay(examples: list[Exchange], incident_id: str, model: str) -> str:
    if not examples:
        return "no request to this variant is recorded: data capture is off, or has not written it yet"
    return f"sluice incident replay {incident_id} --model {model}"

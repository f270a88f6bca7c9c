"""What tests of releases start from: a plan, a rollout that has come somewhere, an endpoint, and what is found out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.domain.endpoint_config import SHADOW
from sluice.domain.evidence.counts import Epoch, EventKind, Tally
from sluice.domain.evidence.finding import Finding, Findings, Verdict
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.findings import RolloutFindings
from sluice.domain.rollout.observed import Alarm, Observed
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.rollout import Command, ModelVersion, Phase, Position, Rollout, Seen, Verb
from sluice.domain.rollout.stage import Kind, Stage
from sluice.domain.routing import Routing
from tests.builders import a_signature

ID = "20261122T101500-3f9a"
T0 = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
V1 = ModelVersion("1", "s3://models/1.tar.gz")
V2 = ModelVersion("2", "s3://models/2.tar.gz")
FIVE, HALF, ALL = (Stage(Kind.WEIGHT, percent, 5) for percent in (5, 50, 100))


def minutes(count: float) -> datetime:
    """So many minutes after T0."""
    return T0 + timedelta(minutes=count)


def a_plan(*stages: Stage, **changes: Any) -> Plan:
    """5, 50 and 100 percent, five minutes each, unless stages are given; a bake of half an hour."""
    return replace(Plan("canary", stages or (FIVE, HALF, ALL), Bake(30, 5)), **changes)


def queued(plan: Plan | None = None, **changes: Any) -> Rollout:
    """Version 2 is asked for; nothing has happened."""
    asked = Rollout(
        id=ID,
        model="flights",
        endpoint="sluice-flights",
        candidate=V2,
        previous=V1,
        plan=plan or a_plan(),
        requested_by="alice",
        requested_at=T0,
    )
    return replace(asked, **changes)


def a_rollout(position: Position = Position.STAGE, plan: Plan | None = None, **changes: Any) -> Rollout:
    """At 5 percent since T0, settled; other positions want what they usually want, and are not settled."""
    plan = plan or a_plan()
    slots, weights = _WANTED[position]
    is_settled = position in {Position.STAGE, Position.BAKING}
    under_way = queued(
        plan,
        phase=Phase.PROGRESSING,
        position=position,
        slots=slots,
        weights=weights,
        before=weights,
        seen=Seen(contents(slots), weights, weights, 3),
        since=T0,
        is_settled=is_settled,
        settled_at=T0 if is_settled else None,
        compared_since=T0 if position is Position.STAGE else None,
        promoted_at=T0 if slots.get("champion") == "2" else None,
        evidence=EvidenceSoFar(epochs=(an_epoch(),)) if position is Position.STAGE else EvidenceSoFar(),
    )
    return replace(under_way, **changes)


_WANTED: Mapping[Position, tuple[dict[str, str], dict[str, int]]] = {
    Position.CLEARING: ({"champion": "1"}, {"champion": 100}),
    Position.INSTALLING: ({"champion": "1", "challenger": "2"}, {"champion": 100}),
    Position.STAGE: ({"champion": "1", "challenger": "2"}, {"champion": 95, "challenger": 5}),
    Position.SWAPPING: ({"champion": "2", "challenger": "1"}, {"champion": 95, "challenger": 5}),
    Position.BAKING: ({"champion": "2", "challenger": "1"}, {"champion": 95, "challenger": 5}),
    Position.RETURNING: ({"champion": "1", "challenger": "2"}, {"champion": 100, "challenger": 0}),
    Position.RESTORING: ({"champion": "1", "challenger": "1"}, {"champion": 100}),
    Position.RETIRING: ({"champion": "2"}, {"champion": 100}),
}


def contents(slots: Mapping[str, str]) -> dict[str, str]:
    """The artifacts of versions 1 and 2, or of any other, in their slots."""
    return {slot: f"s3://models/{version}.tar.gz" for slot, version in slots.items()}


def observed(
    slots: Mapping[str, str], weights: Mapping[str, int], /, *, author: str = f"rollout:{ID}", **changes: Any
) -> Observed:
    """An endpoint at rest with these versions in its slots, and a table that says the same, signed by the rollout."""
    production = {slot: version for slot, version in slots.items() if slot != SHADOW}
    full = {slot: weights.get(slot, 0) for slot in production}
    at_rest = Observed(
        status="InService",
        is_changing=False,
        failure_reason=None,
        artifacts=contents(slots),
        weights={slot: float(weight) for slot, weight in full.items()},
        is_routing_by_weights=True,
        has_config=True,
        routing=Routing("flights", "sluice-flights", "flights", full, production, a_signature(), 3, author),
    )
    return replace(at_rest, **changes)


def as_wanted(rollout: Rollout, **changes: Any) -> Observed:
    """The world as a rollout wants it."""
    return observed(rollout.slots, rollout.weights, **changes)


def alone(version: str = "1", **changes: Any) -> Observed:
    """A champion and nothing else, as a deploy left it."""
    return observed({"champion": version}, {"champion": 100}, author="deploy", **changes)


def an_alarm(slot: str) -> Alarm:
    """Of a slot."""
    return Alarm(f"sluice-flights-{slot}", slot, "20 % errors")


def a_command(verb: Verb, actor: str = "bob") -> Command:
    """A person's."""
    return Command(verb, actor, "I looked at it", T0)


def an_epoch(share: float = 0.05, requests: int = 1000, events: int = 0) -> Epoch:
    """Both variants with as many requests; the challenger has the errors."""
    return Epoch(
        share,
        Tally(requests, {EventKind.ERRORS: events}),
        Tally(requests, {EventKind.ERRORS: 0}) if requests else Tally(),
    )


def found(verdict: Verdict = Verdict.PASS, reason: str = "errors: 37 of 812 against 9 of 15,420") -> RolloutFindings:
    """Evidence that comes to a verdict."""
    return RolloutFindings(evidence=judged(verdict, reason))


def judged(verdict: Verdict, reason: str = "errors: 37 of 812 against 9 of 15,420") -> Findings:
    """One finding."""
    return Findings((Finding("errors", verdict, reason, 1.0, 5.7, 0.5, 3.0),))

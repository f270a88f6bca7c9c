"""Rollouts as commands show them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.domain.evidence.counts import Epoch, EventKind, Tally
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.rollout import ModelVersion, Phase, Position, Rollout
from sluice.domain.rollout.stage import Kind, Stage

T0 = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
CANARY = Plan(
    "canary",
    (
        Stage(Kind.SHADOW, minutes=10),
        Stage(Kind.WEIGHT, percent=5, minutes=5),
        Stage(Kind.WEIGHT, percent=50, minutes=90),
    ),
)
PROGRESSING = {
    "phase": Phase.PROGRESSING,
    "position": Position.STAGE,
    "stage": 1,
    "slots": {"champion": "1", "challenger": "2"},
    "weights": {"champion": 95, "challenger": 5},
    "is_settled": True,
    "since": T0,
    "reason": "shadow passed",
}


def a_rollout(**changes: Any) -> Rollout:
    """Of version 2 of flights in place of 1; asked for and not begun, unless changes say otherwise."""
    asked = Rollout(
        id="20261122T101500-3f9a",
        model="flights",
        endpoint="sluice-flights",
        candidate=ModelVersion("2", "s3://data/models/flights/2/abc/model.tar.gz"),
        previous=ModelVersion("1", "s3://data/models/flights/1/abc/model.tar.gz"),
        plan=CANARY,
        requested_by="ada",
        requested_at=T0,
    )
    return replace(asked, **changes)


def counted(requests: int, *, challenger_errors: int, champion_errors: int) -> EvidenceSoFar:
    """Ten minutes at equal shares, with so many requests and errors of each."""
    none = {EventKind.SLOW: 0, EventKind.BREACHES: 0}
    epoch = Epoch(
        0.5,
        Tally(requests, {EventKind.ERRORS: challenger_errors, **none}),
        Tally(requests, {EventKind.ERRORS: champion_errors, **none}),
    )
    return EvidenceSoFar((epoch,), counted_until=T0 + timedelta(minutes=10))

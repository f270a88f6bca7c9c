"""A rollout's record is read exactly as it was written."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.evidence.counts import Epoch, EventKind, Tally
from sluice.domain.replay.report import Report
from sluice.domain.rollout.document import from_document, rollout_id, to_document
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar, Previewed
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.rollout import (
    Command,
    Hold,
    ModelVersion,
    Phase,
    Position,
    Rollout,
    Seen,
    Stuck,
    Trouble,
    Verb,
)
from sluice.domain.shadow.shadowed import Shadowed
from tests.rollout_builders import T0, a_rollout, an_epoch, minutes

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(max_size=8)
SLOTS = st.sampled_from(["champion", "challenger", "shadow"])
PERCENTS = st.dictionaries(SLOTS, st.integers(0, 100), max_size=3)
VERSIONS = st.builds(ModelVersion, TEXTS, TEXTS)
TALLIES = st.integers(0, 50).map(lambda count: Tally(100, {EventKind.ERRORS: count}))
EVIDENCE = st.builds(
    EvidenceSoFar,
    epochs=st.lists(st.builds(Epoch, st.floats(0.01, 0.99), TALLIES, TALLIES), max_size=2).map(tuple),
    watch=st.lists(st.floats(-50, 50), max_size=3).map(tuple),
    counted_until=st.none() | MOMENTS,
    slow_after_milliseconds=st.none() | st.floats(1, 1000),
    shadowed=st.none() | st.builds(Shadowed, st.just(Report(rows=3)), st.floats(0, 9), read_until=TEXTS),
    previewed=st.none() | st.builds(Previewed, st.integers(0, 9), st.lists(TEXTS, max_size=2).map(tuple)),
)
PLANS = st.sampled_from(
    [read_plan({"plan": "shadow_then_canary", "min_agreement": 0.95}), read_plan({"plan": "bandit", "goal": "bought"})]
)
ROLLOUTS = st.builds(
    Rollout,
    id=TEXTS,
    model=TEXTS,
    endpoint=TEXTS,
    candidate=VERSIONS,
    previous=VERSIONS,
    plan=PLANS,
    requested_by=TEXTS,
    requested_at=MOMENTS,
    phase=st.sampled_from(Phase),
    position=st.sampled_from(Position),
    stage=st.integers(0, 5),
    slots=st.dictionaries(SLOTS, TEXTS, max_size=3),
    weights=PERCENTS,
    before=PERCENTS,
    seen=st.builds(
        Seen, st.dictionaries(SLOTS, TEXTS), st.dictionaries(SLOTS, st.floats(0, 100)), PERCENTS, st.integers(0, 99)
    ),
    is_settled=st.booleans(),
    since=st.none() | MOMENTS,
    settled_at=st.none() | MOMENTS,
    compared_since=st.none() | MOMENTS,
    promoted_at=st.none() | MOMENTS,
    evidence=EVIDENCE,
    reason=TEXTS,
    hold=st.none() | st.sampled_from(Hold),
    held_because=st.none() | TEXTS,
    command=st.none() | st.builds(Command, st.sampled_from(Verb), TEXTS, TEXTS, MOMENTS),
    trouble=st.none() | st.builds(Trouble, TEXTS, st.integers(1, 9), MOMENTS, is_capacity=st.booleans()),
    stuck=st.none() | st.builds(Stuck, MOMENTS, st.booleans()),
    decided_by=TEXTS,
    revision=st.integers(0, 999),
    sequence=st.integers(0, 999),
)


@settings(max_examples=60, deadline=None)
@given(rollout=ROLLOUTS)
def test_any_record_survives_json(rollout: Rollout) -> None:
    assert from_document(json.loads(json.dumps(to_document(rollout)))) == rollout


def test_a_record_from_before_shadows_were_compared_is_read() -> None:
    rollout = a_rollout(plan=read_plan("shadow_then_canary"))
    old = json.loads(json.dumps(to_document(rollout)))
    del old["evidence"]["shadowed"]
    for stage in old["plan"]["stages"]:
        del stage["min_agreement"]

    assert from_document(old) == rollout


def test_ids_sort_by_time() -> None:
    ids = [rollout_id(T0 + timedelta(seconds=later), "ffff" if later == 0 else "0000") for later in (0, 1, 86_400)]

    assert ids == sorted(ids)
    assert ids[0] == "20261122T101500-ffff"


def test_counts_at_the_same_share_add_up_and_others_stay_apart() -> None:
    so_far = EvidenceSoFar().with_epoch(an_epoch(0.05), until=T0).with_epoch(an_epoch(0.5), until=T0)

    more = so_far.with_epoch(an_epoch(0.05, events=3), until=minutes(1))

    assert {epoch.share: epoch.challenger.requests for epoch in more.epochs} == {0.05: 2000, 0.5: 1000}
    assert more.counted_until == minutes(1)

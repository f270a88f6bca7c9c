"""What events say: as EventBridge, its Scheduler and the command line send them, and as nobody does."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.errors import RetrainingRefused
from sluice.domain.retraining.heard import Heard, hear
from sluice.domain.retraining.trigger import Cause, Trigger
from tests.retraining_builders import ARN, PIPELINE, T0

FINDING = {"feature": "temp", "slice": "", "since": "2026-11-21T01:00:00+00:00", "reason": "temp: median moved"}
DETAIL = {"model": "flights", "version": "1", "since": "2026-11-21T01:00:00+00:00", "findings": [FINDING]}
SAID = {"by": "ann", "reason": "summer", "key": "ab"}
CHANGED = "SageMaker Model Building Pipeline Execution Status Change"


def heard(event: dict[str, Any]) -> Heard:
    return hear(event, {"flights": PIPELINE, "other": "ours"}, now=T0)


def trigger_of(event: dict[str, Any]) -> Trigger:
    found = heard(event).trigger
    assert found is not None
    return found


def drift(**changes: Any) -> dict[str, Any]:
    return {"id": "1", "source": "sluice", "detail-type": "RetrainingRequested", "detail": {**DETAIL, **changes}}


def test_a_schedule_is_known_by_when_it_was_due() -> None:
    event = {"model": "flights", "scheduled": "2026-11-21T03:00:00Z"}

    trigger = trigger_of(event)

    assert (trigger.cause, trigger.key, trigger.at) == (Cause.SCHEDULE, "schedule:20261121T030000", T0)
    assert trigger.reason == "the schedule was due at 2026-11-21 03:00 UTC"
    assert trigger_of({**event, "scheduled": "2026-11-21T04:00:00+01:00"}) == trigger
    assert trigger_of({**event, "scheduled": "2026-11-21T03:00:00"}) == trigger


def test_a_drift_told_twice_is_one_event_and_another_drift_is_another() -> None:
    first = trigger_of(drift())
    again = trigger_of({**drift(findings=[{**FINDING, "reason": "temp: by a little more"}]), "id": "2"})

    assert (first.cause, first.version) == (Cause.DRIFT, "1")
    assert first.reason == "version 1 drifts since 2026-11-21T01:00:00+00:00: temp: median moved"
    assert again.key == first.key
    others = [drift(version="2"), drift(since="x"), drift(findings=[{**FINDING, "feature": "wind"}])]
    assert len({first.key, *(trigger_of(each).key for each in others)}) == 4


def test_a_person_may_force_and_give_parameters() -> None:
    said = {**SAID, "force": True, "parameters": {"Months": "3"}}

    trigger = trigger_of({"model": "flights", "operator": said})

    assert (trigger.cause, trigger.key, trigger.by, trigger.force) == (Cause.OPERATOR, "operator:ab", "ann", True)
    assert trigger.all_parameters() == {"Months": "3", "Reason": "summer"}
    assert not trigger_of({"model": "flights", "operator": SAID}).force


def test_what_happens_to_a_pipeline_says_to_look_at_its_model() -> None:
    event = {"detail-type": CHANGED, "detail": {"pipelineArn": ARN}}

    assert heard(event) == Heard(("flights",))
    assert heard({**event, "detail": {"pipelineArn": f"{ARN}-2"}}) == Heard()


def test_any_other_event_says_to_look_at_all() -> None:
    assert heard({"detail-type": "Scheduled Event", "source": "aws.events"}) == Heard(("flights", "other"))


@pytest.mark.parametrize(
    "event",
    [drift(model="unknown"), {"model": "x", "scheduled": "2026-11-21T03:00:00Z"}, {"model": "x", "operator": SAID}],
)
def test_events_of_other_models_say_nothing(event: dict[str, Any]) -> None:
    assert heard(event) == Heard()


@pytest.mark.parametrize(
    "event",
    [
        drift(findings=None),
        drift(findings=["temp"]),
        {"detail-type": "RetrainingRequested"},
        {"detail-type": CHANGED},
        {"model": "flights", "scheduled": "soon"},
        {"model": "flights", "operator": "ann"},
        {"model": "flights", "operator": {**SAID, "reason": ""}},
    ],
)
def test_calls_that_make_no_sense_are_refused(event: dict[str, Any]) -> None:
    with pytest.raises(RetrainingRefused):
        heard(event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.one_of(
    st.fixed_dictionaries({"detail-type": st.sampled_from([CHANGED, "RetrainingRequested"]), "detail": JSON}),
    st.fixed_dictionaries({"model": JSON, "scheduled": JSON}),
    st.fixed_dictionaries({"model": JSON, "operator": JSON}),
    st.builds(lambda name, value: drift(**{name: value}), st.sampled_from(sorted(DETAIL)), JSON),
    st.builds(lambda name, value: drift(findings=[{**FINDING, name: value}]), st.sampled_from(sorted(FINDING)), JSON),
    st.builds(
        lambda name, value: {"model": "flights", "operator": {**SAID, name: value}},
        st.sampled_from([*SAID, "force", "parameters"]),
        JSON,
    ),
)


@given(EVENTS)
def test_whatever_an_event_holds_it_is_read_or_refused(event: dict[str, Any]) -> None:
    try:
        found = heard(event)
    except RetrainingRefused:
        return
    if found.trigger is not None:
        assert found.models == (found.trigger.model,)
        assert json.dumps(found.trigger.all_parameters())
        assert found.trigger.at <= datetime.max.replace(tzinfo=UTC)

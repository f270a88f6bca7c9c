"""Alarms fire on what is broken, and say nothing where there is nothing to judge."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from local_cloud.alarms.configuration import MetricAlarm
from local_cloud.alarms.reading import read, standing
from local_cloud.alarms.rule import parse_rule
from local_cloud.alarms.state import AlarmState
from local_cloud.metrics.samples import Samples
from local_cloud.metrics.store import Metric, MetricStore
from sluice.domain.alarm_name import (
    AlarmKind,
    heartbeat_alarm,
    labels_alarm,
    outputs_alarm,
    slot_alarm,
    variant_alarm,
    variant_alarms,
)
from tests.infrastructure.projects import ROOT, Project, Template, Templates, with_setting
from tests.infrastructure.reading import resources, text

NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
ENDPOINT = "sluice-flights"
FAILED, REFUSED, INVOCATIONS = "InvocationModelErrors", "Invocation4XXErrors", "Invocations"
OURS = ("Sluice", {"Model": "flights", "Variant": "challenger"})
SAGEMAKERS = ("AWS/SageMaker", {"EndpointName": ENDPOINT, "VariantName": "challenger"})
OUR_METRICS = ("GuardrailBreaches", "OutputsDrifted", "WrongMoreOften")
OF_A_CHALLENGER = [outputs_alarm(ENDPOINT, "challenger"), labels_alarm(ENDPOINT, "challenger")]
Minute = Mapping[str, float]


def alarm(release: Template, name: str) -> dict[str, Any]:
    """The properties of an alarm by its name."""
    (found,) = [a for a in resources(release, "AWS::CloudWatch::Alarm") if a["AlarmName"] == name]
    return found


def composite(release: Template, slot: str) -> dict[str, Any]:
    named = resources(release, "AWS::CloudWatch::CompositeAlarm")
    (found,) = [a for a in named if a["AlarmName"] == slot_alarm(ENDPOINT, slot)]
    return found


def state_after(found: dict[str, Any], minutes: list[Minute]) -> AlarmState:
    """Where minutes of data put an alarm; counts are sums, latencies one value of all requests."""
    configuration = MetricAlarm.from_request(found)
    store = MetricStore()
    for ago, minute in enumerate(reversed(minutes), 1):
        for name, value in minute.items():
            namespace, dimensions = OURS if name in OUR_METRICS else SAGEMAKERS
            at = datetime.fromtimestamp(NOON - 60 * ago, UTC)
            store.put(Metric(namespace, name, frozenset(dimensions.items())), Samples.of([value]), at=at)
    reading = read(configuration, store, until=NOON)
    found_standing = standing(
        configuration, reading, AlarmState.INSUFFICIENT_DATA, now=datetime.fromtimestamp(NOON, UTC)
    )
    assert found_standing is not None
    return found_standing.state


@pytest.mark.parametrize(("slot", "more"), [("champion", []), ("challenger", OF_A_CHALLENGER)])
def test_a_slot_has_an_alarm_of_each_kind_and_one_that_is_any_of_them(
    templates: Templates, slot: str, more: list[str]
) -> None:
    rule = text(composite(templates.release, slot)["AlarmRule"])

    watched = {name: alarm(templates.release, name) for name in [*variant_alarms(ENDPOINT, slot), *more]}
    ids = {f["AlarmName"]: i for i, f in logical_ids(templates.release).items()}
    assert {ids[name] for name in watched} == {c.removeprefix("<").removesuffix(".Arn>") for c in children(rule)}
    assert parse_rule(rule).holds({next(iter(children(rule))): AlarmState.ALARM})
    assert not parse_rule(rule).holds(dict.fromkeys(children(rule), AlarmState.INSUFFICIENT_DATA))


def logical_ids(release: Template) -> dict[str, Any]:
    return {i: f["Properties"] for i, f in release["Resources"].items() if f["Type"] == "AWS::CloudWatch::Alarm"}


def children(rule: str) -> tuple[str, ...]:
    return parse_rule(rule).children


def test_releases_fill_a_challenger_whether_sluice_yaml_declares_one_or_not(project: Project) -> None:
    alone = with_setting("models.flights.variants", {"champion": {"artifact": "v1", "weight": 100}})
    three = {**alone["models"]["flights"]["variants"], "challenger-2": {"artifact": "v2", "weight": 0}}

    slots = [
        {found["AlarmName"] for found in resources(project.synth(s).release, "AWS::CloudWatch::CompositeAlarm")}
        for s in (alone, with_setting("models.flights.variants", three))
    ]

    assert slots[0] == {"sluice-flights-champion", "sluice-flights-challenger"}
    assert slots[1] == {*slots[0], "sluice-flights-challenger-2"}


def test_a_shadow_has_no_alarm_for_nobody_sees_its_answers(project: Project) -> None:
    alone = with_setting("models.flights.variants", {"champion": {"artifact": "v1", "weight": 100}})

    shadowed = project.synth(with_setting("models.flights.shadow", {"artifact": "v2"}, alone))

    assert shadowed.release == project.synth(alone).release


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        ([{INVOCATIONS: 100, FAILED: 0}] * 3, AlarmState.OK),
        ([{INVOCATIONS: 100, FAILED: 10}] * 3, AlarmState.ALARM),
        (
            [{INVOCATIONS: 100, FAILED: 0}, {INVOCATIONS: 100, FAILED: 10}, {INVOCATIONS: 100, FAILED: 10}],
            AlarmState.ALARM,
        ),
        ([{INVOCATIONS: 100, FAILED: 0}, {INVOCATIONS: 100, FAILED: 0}, {INVOCATIONS: 100, FAILED: 10}], AlarmState.OK),
        ([{INVOCATIONS: 100, FAILED: 10, REFUSED: 10}] * 3, AlarmState.OK),
        ([{INVOCATIONS: 100, FAILED: 20, REFUSED: 10}] * 3, AlarmState.ALARM),
        ([{INVOCATIONS: 10, FAILED: 2}] * 3, AlarmState.OK),
        ([{INVOCATIONS: 10_000, FAILED: 150}] * 3, AlarmState.OK),
        ([{}] * 3, AlarmState.INSUFFICIENT_DATA),
        ([{INVOCATIONS: 100}] * 3, AlarmState.OK),
    ],
    ids=[
        "healthy",
        "broken",
        "broken for two minutes",
        "a bad minute",
        "only the callers' mistakes",
        "both",
        "few requests",
        "a small share of many",
        "no requests",
        "errors not reported",
    ],
)
def test_errors_are_a_share_of_enough_requests(templates: Templates, minutes: list[Minute], state: AlarmState) -> None:
    found = alarm(templates.release, variant_alarm(ENDPOINT, "challenger", AlarmKind.ERRORS))

    assert state_after(found, minutes) is state


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        ([{INVOCATIONS: 100}] * 3, AlarmState.OK),
        ([{INVOCATIONS: 100, "GuardrailBreaches": 5}] * 3, AlarmState.ALARM),
        ([{INVOCATIONS: 100, "GuardrailBreaches": 1}] * 3, AlarmState.OK),
        ([{}] * 3, AlarmState.INSUFFICIENT_DATA),
    ],
    ids=["none", "many", "one a minute", "no requests"],
)
def test_breaches_are_a_share_of_enough_requests(
    templates: Templates, minutes: list[Minute], state: AlarmState
) -> None:
    found = alarm(templates.release, variant_alarm(ENDPOINT, "challenger", AlarmKind.GUARDRAILS))

    assert state_after(found, minutes) is state


@pytest.mark.parametrize(
    ("kind", "metric", "milliseconds"),
    [(AlarmKind.LATENCY, "ModelLatency", 4000), (AlarmKind.OVERHEAD, "OverheadLatency", 1000)],
)
def test_slowness_lasts_three_minutes_and_is_counted_in_microseconds(
    templates: Templates, kind: AlarmKind, metric: str, milliseconds: int
) -> None:
    found = alarm(templates.release, variant_alarm(ENDPOINT, "challenger", kind))
    slow, quick = {metric: 1000.0 * (milliseconds + 1)}, {metric: 1000.0 * (milliseconds - 1)}

    assert state_after(found, [slow] * 3) is AlarmState.ALARM
    assert state_after(found, [slow, quick, slow]) is AlarmState.OK
    assert state_after(found, [{}] * 3) is AlarmState.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    ("name", "metric"), [(OF_A_CHALLENGER[0], "OutputsDrifted"), (OF_A_CHALLENGER[1], "WrongMoreOften")]
)
def test_a_look_that_accuses_a_candidate_rings_and_one_that_does_not_is_over_soon(
    templates: Templates, name: str, metric: str
) -> None:
    found = alarm(templates.release, name)
    drifts, is_well = {metric: 2}, {metric: 0}

    assert state_after(found, [drifts, {}, {}]) is AlarmState.ALARM
    assert state_after(found, [is_well, {}, {}]) is AlarmState.OK
    assert state_after(found, [{}] * 3) is AlarmState.INSUFFICIENT_DATA
    assert state_after(found, [drifts, *[{}] * 30]) is AlarmState.INSUFFICIENT_DATA


@pytest.mark.parametrize("off", [("models.flights.monitoring.enabled", False), ("models.flights.capture.percent", 0)])
def test_what_nobody_looks_for_has_no_alarm(project: Project, off: tuple[str, object]) -> None:
    made = resources(project.synth(with_setting(*off)).release, "AWS::CloudWatch::Alarm")

    assert not {*OF_A_CHALLENGER} & {each["AlarmName"] for each in made}


def test_every_alarm_says_why_it_takes_missing_data_as_it_does(templates: Templates) -> None:
    alarms = resources(templates.release, "AWS::CloudWatch::Alarm")

    said = {found["AlarmName"]: found["TreatMissingData"] for found in alarms}
    assert all("Missing data is" in found["AlarmDescription"] for found in alarms)
    assert {name for name, treated in said.items() if treated == "breaching"} == {heartbeat_alarm(ENDPOINT)}
    assert set(said.values()) == {"breaching", "missing"}


def test_every_alarm_is_explained_on_its_page(project: Project) -> None:
    templates = project.synth(with_setting("models.flights.retraining.pipeline", "ours"))
    page = (ROOT / "docs/alarms.md").read_text(encoding="utf-8")
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    stacks = (templates.release, templates.feedback, templates.monitoring, templates.retraining)
    made = {alarm["AlarmName"] for stack in stacks for kind in kinds for alarm in resources(stack, kind)}

    generic = {re.sub("champion|challenger", "<slot>", n.replace(ENDPOINT, "<endpoint>")) for n in made}
    rows = {name.replace("sluice-", "<deployment>-") for name in generic}

    assert rows == set(
        re.findall(
            r"^\| `(<[^`]*)` \| [^|]* \| [^|]* \| (?:missing|breaching|ignored|has none) \|$", page, re.MULTILINE
        )
    )

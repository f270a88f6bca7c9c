import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.attribution import Attribution
from sluice.domain.feedback.capture import Answered, Origin, Poison, Skipped, read_answered, read_line, sameness

BY = Attribution("0123456789abcdef", "challenger", "2", 0.1, 7, 1)
ORIGIN = Origin("sluice-flights", "challenger")


def a_line(**metadata: Any) -> str:
    given = {
        "eventId": "e-1",
        "inferenceTime": "2026-11-21T09:30:07Z",
        "inferenceId": "p-1",
        "customAttributes": [BY.encode()],
        **metadata,
    }
    return json.dumps({"captureData": {}, "eventMetadata": given, "eventVersion": "0"})


def read(line: str | bytes, origin: Origin = ORIGIN) -> Answered | Skipped:
    return read_line(line, model="flights", origin=origin)


def test_the_key_of_a_file_says_who_answered() -> None:
    assert Origin.of("captures/sluice-flights/challenger/2026/11/21/09/30-07-123-uuid.jsonl") == ORIGIN


@pytest.mark.parametrize("key", ["", "a.jsonl", "captures/e/v/2026/11/21/09/file.json", "e/v/2026/11/21/f.jsonl"])
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(Poison, match="not the key"):
        Origin.of(key)


@pytest.mark.parametrize("attributes", [[BY.encode()], BY.encode(), ["trace=1", BY.encode()]])
def test_a_line_says_which_prediction_was_answered_and_how_that_came_about(attributes: Any) -> None:
    found = read(a_line(customAttributes=attributes))

    assert found == Answered("p-1", "flights", BY, datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC))


@pytest.mark.parametrize("attributes", [None, [], "", ["trace=7"]])
def test_whoever_asks_the_endpoint_without_sluice_is_left_alone(attributes: Any) -> None:
    assert read(a_line(customAttributes=attributes)) is Skipped.UNATTRIBUTED


def test_a_time_of_another_zone_is_that_moment() -> None:
    found = read(a_line(inferenceTime="2026-11-21T10:30:07+01:00"))

    assert isinstance(found, Answered)
    assert found.at.isoformat() == "2026-11-21T09:30:07+00:00"


def test_a_shadows_answer_is_a_copy_that_nobody_was_given() -> None:
    assert read(a_line(), Origin("sluice-flights", "shadow")) is Skipped.COPY


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        b"\xff",
        "[" * 100_000,
        a_line(inferenceTime="yesterday"),
        a_line(inferenceTime="2026-11-21T09:30:07"),
        a_line(inferenceTime=None),
        a_line(inferenceId=None),
        a_line(inferenceId="x" * 65),
        a_line(customAttributes=[BY.encode().replace("attempt=1", "attempt=")]),
        a_line(customAttributes=7),
    ],
)
def test_what_cannot_be_read_is_poison_with_a_reason(line: str | bytes) -> None:
    with pytest.raises(Poison) as caught:
        read(line)

    assert str(caught.value)


BEYOND = [
    "0001-01-01T00:00:00+14:00",  # no instant of datetime
    "9999-12-31T23:59:00-05:00",
    "9999-12-31T23:59:00Z",  # one, but the end of its hour is none
    "9990-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:30:00+01:00",
]


@pytest.mark.parametrize("at", BEYOND)
def test_an_instant_that_nothing_can_be_kept_of_is_poison_and_says_so(at: str) -> None:
    with pytest.raises(Poison, match=r"^inferenceTime is in none of the years 1970 to 9989$"):
        read(a_line(inferenceTime=at))


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "9989-12-31T23:59:59Z"])
def test_of_the_first_and_the_last_instant_all_can_be_told(at: str) -> None:
    found = read(a_line(inferenceTime=at))

    assert isinstance(found, Answered)
    assert found.at.isoformat() == at.replace("Z", "+00:00")
    assert found.at + timedelta(days=9 * 365) > found.at


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(["inferenceTime", "inferenceId", "customAttributes"]), json_values))
@settings(max_examples=80, deadline=None)
def test_nothing_but_poison_is_raised_whatever_a_line_holds(metadata: dict[str, Any]) -> None:
    try:
        found = read(a_line(**metadata))
    except Poison:
        return
    assert isinstance(found, Answered | Skipped)


UNITS = st.sampled_from(["0" * 16, "0123456789abcdef", "N14228"])
TEXTS = st.sampled_from(
    [
        BY.encode(),
        BY.encode().replace("attempt=1", "attempt=0"),
        BY.encode().replace("variant=challenger", "variant=shadow"),
        f"{BY.encode()},trace=7",
        f"{BY.encode()},sluice-unit=no",
        f"trace=7,{BY.encode()}",
        "trace=7",
    ]
)
TIMES = st.sampled_from(
    [
        "2026-11-21T09:30:07Z",
        "2026-11-21T09:59:59Z",
        "2026-11-21T10:00:00Z",
        "2026-11-21T09:30:07+01:00",
        "2026-11-21T09:60:00Z",
        "2026-13-21T09:30:00Z",
        "2026-13-21T09:31:00Z",
        "2026-11-21T09:30:07",
        None,
    ]
)
IDS = st.sampled_from(["p-1", "p-2", "", "x" * 65, None])
METADATA = st.builds(
    lambda unit, text, at, given: {
        "customAttributes": [text.replace(BY.unit, unit, 1)],
        "inferenceTime": at,
        "inferenceId": given,
    },
    UNITS,
    TEXTS,
    TIMES,
    IDS,
)


def told(metadata: dict[str, Any]) -> Any:
    """All that counting by the hour asks of a line."""
    try:
        found = read_answered(metadata, model="flights", origin=ORIGIN)
    except Poison:
        return "poison"
    if isinstance(found, Skipped):
        return found
    return found.by.version, found.by.variant, found.at.replace(minute=0, second=0)


@given(METADATA, METADATA)
@settings(max_examples=200, deadline=None)
def test_lines_of_one_sameness_tell_the_same_of_who_answered_and_in_which_hour(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    same = sameness(one)

    if same is not None and same == sameness(other):
        assert told(one) == told(other)


def test_lines_of_one_variant_and_hour_are_the_same_whoever_asked_and_when() -> None:
    lines = [
        {
            "customAttributes": [replace(BY, unit=unit).encode()],
            "inferenceTime": f"2026-11-21T09:{m}:00Z",
            "inferenceId": m,
        }
        for unit, m in (("0" * 16, "10"), ("f" * 16, "50"))
    ]

    assert sameness(lines[0]) == sameness(lines[1]) is not None


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        7,
        [],
        {},
        {"customAttributes": BY.encode()},
        {"customAttributes": [7], "inferenceTime": "", "inferenceId": ""},
    ],
)
def test_other_forms_are_read_one_by_one(metadata: Any) -> None:
    assert sameness(metadata) is None

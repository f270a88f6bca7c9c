import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.attribution import PREVIEW, REPLAY, Attribution
from sluice.domain.exchange import Exchange, read_exchange
from sluice.domain.feedback.capture import Poison
from sluice.domain.message import Message

BY = Attribution("0123456789abcdef", "challenger", "2", 0.1, 7, 1)
ASKED = {"observedContentType": "application/json", "mode": "INPUT", "data": '{"instances":[1]}', "encoding": "JSON"}
ANSWERED = {"observedContentType": "application/json", "mode": "OUTPUT", "data": "e30=", "encoding": "BASE64"}


def a_line(data: Any = None, **metadata: Any) -> dict[str, Any]:
    return {
        "captureData": {"endpointInput": ASKED, "endpointOutput": ANSWERED} if data is None else data,
        "eventMetadata": {
            "eventId": "e-1",
            "inferenceTime": "2026-11-21T09:30:07Z",
            "inferenceId": "p-1",
            "customAttributes": [BY.encode()],
            **metadata,
        },
        "eventVersion": "0",
    }


def read(line: Any, variant: str = "challenger") -> Exchange:
    return read_exchange(json.dumps(line), variant)


def test_a_line_says_who_was_asked_what_and_what_was_answered() -> None:
    assert read(a_line()) == Exchange(
        prediction_id="p-1",
        variant="challenger",
        request=Message(b'{"instances":[1]}', "application/json"),
        answer=Message(b"{}", "application/json"),
        at=datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC),
        by=BY,
        is_probe=False,
    )


def test_a_shadows_copy_carries_the_version_of_whom_the_caller_asked() -> None:
    own, copy = read(a_line()), read(a_line(), "shadow")

    assert (own.is_copy, own.version) == (False, "2")
    assert (copy.is_copy, copy.version) == (True, None)


@pytest.mark.parametrize("attributes", [[PREVIEW], [REPLAY], REPLAY])
def test_previews_and_replays_are_nobodys_predictions(attributes: Any) -> None:
    found = read(a_line(customAttributes=attributes))

    assert (found.is_probe, found.by, found.version) == (True, None, None)


@pytest.mark.parametrize("attributes", [None, ["trace=7"], ["sluice-version=2"]])
def test_what_others_asked_has_no_version(attributes: Any) -> None:
    found = read(a_line(customAttributes=attributes))

    assert (found.is_probe, found.version, found.is_copy) == (False, None, False)


@pytest.mark.parametrize("at", [None, 7, "yesterday", "2026-11-21T09:30:07", "9999-12-31T23:59:00-05:00"])
def test_a_line_may_not_say_when(at: Any) -> None:
    assert read(a_line(inferenceTime=at)).at is None


@pytest.mark.parametrize("side", [{}, 7, {**ANSWERED, "data": "A"}, None])
def test_a_damaged_answer_leaves_its_request(side: Any) -> None:
    found = read(a_line({"endpointInput": ASKED, "endpointOutput": side}))

    assert (found.prediction_id, found.answer) == ("p-1", None)


def test_a_request_without_an_id_goes_by_that_of_its_event() -> None:
    line = a_line()
    del line["eventMetadata"]["inferenceId"]

    assert read(line).prediction_id == "e-1"


@pytest.mark.parametrize(
    "line",
    [
        [],
        7,
        {"captureData": {}},
        a_line({"endpointOutput": ANSWERED}),
        a_line({"endpointInput": {**ASKED, "data": 7}}),
        a_line({"endpointInput": {**ASKED, "encoding": "BASE64", "data": "A"}}),
        a_line(customAttributes=7),
    ],
)
def test_lines_of_another_form_say_so(line: Any) -> None:
    with pytest.raises(Poison, match="not in the form of data capture, or holds no request"):
        read(line)


@pytest.mark.parametrize("line", [b"", b'{"captureData": {"endpointIn', b"\xff\xfe", b"[" * 100_000])
def test_cut_off_lines_are_no_json(line: bytes) -> None:
    with pytest.raises(Poison, match="a line is not JSON"):
        read_exchange(line, "champion")


@given(st.binary(max_size=40))
def test_bodies_come_back_as_they_were_sent(body: bytes) -> None:
    side = {**ASKED, "encoding": "BASE64", "data": base64.b64encode(body).decode()}

    assert read(a_line({"endpointInput": side})).request.body == body

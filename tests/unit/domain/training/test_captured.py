"""What a captured line brings to those who learn."""

import base64
import json
from typing import Any

import pytest

from sluice.domain.feedback.capture import Origin, Poison, Skipped
from sluice.domain.training.captured import UNKNOWN, Captured, read_captured
from sluice.domain.training.fit import Wanted
from sluice.domain.training.rows import State
from tests.feedback_builders import T0
from tests.monitoring_builders import side
from tests.training_builders import SIGNATURE, Asked, a_row

ORIGIN = Origin("sluice-flights", "champion")
WANTED = Wanted(SIGNATURE)


def read(line: str, wanted: Wanted = WANTED) -> Captured:
    found = read_captured(line.encode(), model="flights", origin=ORIGIN, wanted=wanted)
    assert isinstance(found, Captured)
    return found


def asking(body: Any, kind: str = "application/json", *, redacted: list[str] | None = None) -> str:
    line = json.loads(Asked(1, T0).line)
    line["captureData"]["endpointInput"] = (
        side(body, kind) if not isinstance(body, dict) or "data" not in body else body
    )
    if redacted:
        line["eventMetadata"]["sluiceRedacted"] = redacted
    return json.dumps(line)


def test_a_row_and_the_class_that_was_answered() -> None:
    found = read(Asked(1, T0, late=0.75).line)

    assert (found.state, found.row, found.answer, found.by.prediction_id) == (State.FIT, a_row(1), 1, "p-0001")


def test_tensors_of_v2_are_read_as_they_are_meant() -> None:
    tensors = [
        {"name": "carrier", "datatype": "BYTES", "shape": [1, 1], "data": ["AA"]},
        {"name": "temp", "datatype": "FP32", "shape": [1, 1], "data": [1.5]},
        {"name": "hours", "datatype": "INT64", "shape": [1, 1], "data": [3]},
    ]

    assert read(asking({"inputs": tensors})).row == {"carrier": "AA", "temp": 1.5, "hours": 3}
    encoded = base64.b64encode(json.dumps({"inputs": tensors}).encode()).decode()
    whole = {"observedContentType": "application/json", "data": encoded, "encoding": "BASE64"}
    assert read(asking(whole)).row == {"carrier": "AA", "temp": 1.5, "hours": 3}


def test_a_request_of_several_rows_is_none() -> None:
    assert read(asking({"instances": [a_row(1), a_row(2)]})).state is State.SEVERAL


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"instances": []}, "instances: expected a list of at least one row, got []"),
        ({"instances": {"a": 1}}, "instances: expected a list of at least one row, got an object"),
        ({"inputs": []}, "inputs"),
        ([1], "body"),
        ({"data": "{", "encoding": "JSON"}, "the request cannot be read"),
        ({"data": 7, "encoding": "JSON"}, "the request cannot be read"),
    ],
)
def test_a_request_that_cannot_be_understood_is_a_misfit(body: Any, reason: str) -> None:
    found = read(asking(body))

    assert found.state is State.MISFIT
    assert found.reason.startswith(reason)


def test_a_line_without_data_is_a_misfit() -> None:
    line = json.loads(Asked(1, T0).line)
    del line["captureData"]

    found = read(json.dumps(line))

    assert (found.state, found.asked, found.answer) == (State.MISFIT, None, UNKNOWN)


def test_of_sensitive_inputs_nothing_is_kept() -> None:
    wanted = Wanted(SIGNATURE, {"temp"})

    assert read(Asked(1, T0).line, wanted).asked is None
    assert read(asking({"instances": "1970-01-01"}), wanted).reason == "the row: expected a list of at least one row"
    assert read(asking({"instances": [a_row(1)]}, redacted=["temp"]), wanted).state is State.FIT


def test_a_stand_in_is_no_value() -> None:
    found = read(asking({"instances": [a_row(1)]}, redacted=["temp", "hours"]))

    assert (found.state, found.reason, found.asked) == (State.REDACTED, "redacted: hours, temp", None)


def test_halves_of_characters_stop_nobody() -> None:
    line = json.loads(asking({"data": '{"instances": [] "\ud800', "encoding": "JSON"}))

    assert read(json.dumps(line)).asked == '{"instances": [] "?'
    line["eventMetadata"]["inferenceId"] = "\ud800"
    with pytest.raises(Poison, match="inferenceId"):
        read(json.dumps(line))


def test_who_answered_must_be_said() -> None:
    with pytest.raises(Poison):
        read("{}")
    copy = Asked(1, T0, variant="challenger").line
    assert read_captured(copy.encode(), model="flights", origin=ORIGIN, wanted=WANTED) is Skipped.COPY

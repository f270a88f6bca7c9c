import base64
import json
import math
import struct
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summary import Summary
from sluice.domain.exchange import read_exchange
from sluice.domain.feedback.capture import Answered, Origin, Poison, Skipped, read_answered, read_line, read_parts
from sluice.domain.message import BINARY_TYPE
from sluice.domain.monitoring.rows import read_rows
from sluice.domain.monitoring.tally import Tally
from sluice.domain.redaction.line import redacted_inputs, redacted_line
from sluice.domain.redaction.value import redacted
from tests.drift_builders import a_reference
from tests.feedback_builders import answered, captured
from tests.monitoring_builders import side, traffic

ORIGIN = Origin("sluice-flights", "champion")
SENSITIVE = frozenset({"temp", "carrier"})


def a_line(asked: dict[str, str], **metadata: Any) -> bytes:
    form = json.loads(captured(answered(), **metadata))
    said = {"endpointInput": asked, "endpointOutput": side({"predictions": [0.5]})}
    return json.dumps({**form, "captureData": said}).encode()


def asked_after(asked: dict[str, str]) -> dict[str, Any]:
    """``endpointInput`` of a line after it was redacted."""
    form: dict[str, Any] = json.loads(redacted_line(a_line(asked), SENSITIVE))
    side_after: dict[str, Any] = form["captureData"]["endpointInput"]
    return side_after


def body_after(body: Any) -> Any:
    return json.loads(asked_after(side(body))["data"])


def binary(tensors: dict[str, tuple[str, bytes]]) -> dict[str, str]:
    """Tensors of one element a row as bytes."""
    widths = {"BYTES": 6, "BOOL": 1, "INT64": 8, "FP16": 2, "FP32": 4, "FP64": 8}
    form = {
        "inputs": [
            {
                "name": name,
                "datatype": kind,
                "shape": [len(blob) // widths[kind]],
                "parameters": {"binary_data_size": len(blob)},
            }
            for name, (kind, blob) in tensors.items()
        ]
    }
    header = json.dumps(form).encode()
    data = base64.b64encode(header + b"".join(blob for _, blob in tensors.values())).decode()
    return {"observedContentType": f"{BINARY_TYPE}{len(header)}", "data": data, "encoding": "BASE64"}


def texts(*values: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


def test_rows_keep_everything_but_sensitive_values() -> None:
    rows = [{"temp": 71.5, "carrier": "UA", "seats": 4}, {"temp": None, "carrier": "", "seats": 3}]

    assert body_after({"instances": rows, "id": "7"}) == {
        "instances": [{"temp": 0.5, "carrier": "redacted", "seats": 4}, {"temp": None, "carrier": "", "seats": 3}],
        "id": "7",
    }


def test_bare_rows_are_of_the_only_input_which_is_sensitive() -> None:
    assert body_after({"instances": [71.0, [71.5], "UA"]}) == {"instances": [0.0, [0.5], "redacted"]}


def test_tensors_as_json_are_redacted_by_name() -> None:
    tensors = [
        {"name": "temp", "datatype": "FP32", "shape": [2, 1], "data": [[71.5], [None]]},
        {"name": "seats", "datatype": "INT64", "shape": [2], "data": [4, 3]},
    ]

    first, second = body_after({"inputs": tensors})["inputs"]

    assert (first["data"], second) == ([[0.5], [None]], tensors[1])


def test_a_body_of_both_protocols_is_redacted_in_both() -> None:
    tensor = {"name": "temp", "datatype": "FP32", "shape": [1], "data": [71.5]}

    body = body_after({"instances": [{"temp": 71.5}], "inputs": [tensor]})

    assert "71.5" not in json.dumps(body)


def test_json_in_base64_is_redacted() -> None:
    raw = base64.b64encode(json.dumps({"instances": [{"temp": 71.5}]}).encode()).decode()

    after = asked_after({"observedContentType": "application/json", "data": raw, "encoding": "BASE64"})

    assert json.loads(base64.b64decode(after["data"])) == {"instances": [{"temp": 0.5}]}


def test_tensors_as_bytes_are_redacted_and_their_sizes_said_anew() -> None:
    sent = {
        "temp": ("FP32", struct.pack("<3f", 71.5, 71.0, math.nan)),
        "seats": ("INT64", struct.pack("<3q", 4, 3, 2)),
        "carrier": ("BYTES", texts(b"UA", b"AA", b"")),
    }

    after = asked_after(binary(sent))

    raw = base64.b64decode(after["data"])
    size = int(after["observedContentType"].removeprefix(BINARY_TYPE))
    header, blobs = json.loads(raw[:size]), raw[size:]
    assert [tensor["parameters"]["binary_data_size"] for tensor in header["inputs"]] == [12, 24, 28]
    assert struct.unpack("<3f", blobs[:12]) == pytest.approx((0.5, 0.0, math.nan), nan_ok=True)
    assert struct.unpack("<3q", blobs[12:36]) == (4, 3, 2)
    assert blobs[36:] == texts(b"redacted", b"redacted", b"")


@pytest.mark.parametrize(
    ("kind", "blob", "after"),
    [
        ("INT64", struct.pack("<q", 19700101), bytes(8)),
        ("BOOL", b"\x01", b"\x00"),
        ("FP64", struct.pack("<2d", 1e300, -math.inf), struct.pack("<2d", 1e39, -math.inf)),
        ("FP16", struct.pack("<e", 2.5), struct.pack("<e", 0.5)),
    ],
)
def test_numbers_of_every_width_are_redacted(kind: str, blob: bytes, after: bytes) -> None:
    raw = base64.b64decode(asked_after(binary({"temp": (kind, blob)}))["data"])

    assert raw[-len(after) :] == after


def test_a_tensor_that_stands_in_the_header_needs_no_bytes() -> None:
    form = {"inputs": [{"name": "temp", "datatype": "FP32", "shape": [1], "data": [71.5]}]}
    header = json.dumps(form).encode()
    kind, data = f"{BINARY_TYPE}{len(header)}", base64.b64encode(header).decode()

    after = asked_after({"observedContentType": kind, "data": data, "encoding": "BASE64"})

    assert json.loads(base64.b64decode(after["data"]))["inputs"][0]["data"] == [0.5]


@pytest.mark.parametrize(
    "asked",
    [
        {"observedContentType": "text/csv", "data": "1970-01-01,2", "encoding": "CSV"},
        side({"rows": "1970-01-01"}),
        side({"instances": "1970-01-01"}),
        side({"inputs": [{"data": ["1970-01-01"]}]}),
        binary({"temp": ("FP32", b"1970-01-01")}),
        {"data": "1970-01-01"},
        {"observedContentType": f"{BINARY_TYPE}x", "data": "MTk3MA==", "encoding": "BASE64"},
    ],
)
def test_of_a_request_that_cannot_be_understood_nothing_is_kept(asked: dict[str, str]) -> None:
    after = redacted_line(a_line(asked), SENSITIVE)

    form = json.loads(after)
    assert form["captureData"]["endpointInput"]["data"] == ""
    assert form["captureData"]["endpointOutput"] == side({"predictions": [0.5]})
    assert read_line(after, model="flights", origin=ORIGIN) == replace(answered(), scores=(0.5,))


@pytest.mark.parametrize(
    "line", [b"1970-01-01", b"[]", b'{"dob": "1970-01-01"}', b'{"eventMetadata": "1970"}', b"\xff"]
)
def test_of_a_line_that_cannot_be_read_nothing_is_kept(line: bytes) -> None:
    after = redacted_line(line, SENSITIVE)

    assert b"1970" not in after
    with pytest.raises(Poison):
        read_line(after, model="flights", origin=ORIGIN)


def test_a_line_without_a_request_says_who_answered_all_the_same() -> None:
    line = captured(answered()).encode()

    assert read_line(redacted_line(line, SENSITIVE), model="flights", origin=ORIGIN) == answered()
    assert redacted_line(b"", SENSITIVE) == b""


def test_strangers_requests_are_redacted_too() -> None:
    after = redacted_line(a_line(side({"instances": [{"temp": 71.5}]}), customAttributes=[]), SENSITIVE)

    assert b"71.5" not in after
    assert read_line(after, model="flights", origin=ORIGIN) is Skipped.UNATTRIBUTED


def test_a_redacted_line_says_so() -> None:
    before = a_line(side({"instances": [{"temp": 71.5}]}))
    after = redacted_line(before, SENSITIVE)

    assert read_exchange(before, "champion").redacted == ()
    assert read_exchange(after, "champion").redacted == ("carrier", "temp")
    assert redacted_inputs({"sluiceRedacted": "temp"}) == ()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**60) | st.just(-1e50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(values)
def test_a_redacted_value_has_nothing_left_to_redact(value: Any) -> None:
    once = redacted(value)

    assert json.dumps(redacted(once)) == json.dumps(once)
    assert type(once) is type(value) or isinstance(value, float | int)


@cache
def presence() -> Binning:
    return presence_only(SlicedReference(a_reference()), SENSITIVE).whole.binning


def counted(line: bytes) -> Summary | str:
    """What a line comes to by bins that know only presence; why, where it cannot be counted."""
    try:
        metadata, data = read_parts(line)
        assert isinstance(read_answered(metadata, model="flights", origin=ORIGIN), Answered)
        tally = Tally(presence())
        tally.add(read_rows(data, presence()))
    except Poison:
        return "poison"
    return tally.summary()


@given(st.lists(st.fixed_dictionaries({"temp": values, "carrier": values, "seats": st.integers(0, 9)}), max_size=4))
@settings(deadline=None)
def test_a_redacted_request_counts_as_what_it_was(rows: list[dict[str, Any]]) -> None:
    line = a_line(side({"instances": rows}))
    after = redacted_line(line, SENSITIVE)

    assert counted(after) == counted(line)
    assert redacted_line(after, SENSITIVE) == after


def test_traffic_counts_the_same_and_redacting_it_again_changes_nothing() -> None:
    line = traffic(200, seed=1).encode()
    after = redacted_line(line, SENSITIVE)

    assert counted(after) == counted(line)
    assert redacted_line(after, SENSITIVE) == after
    assert b'"UA"' not in after


@given(st.binary(max_size=40))
def test_whatever_the_bytes_of_a_line_are_it_is_redacted(line: bytes) -> None:
    after = redacted_line(line, SENSITIVE)

    assert redacted_line(after, SENSITIVE) == after

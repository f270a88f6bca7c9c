import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.sliced import Slice
from sluice.domain.feedback.row_slices import LONGEST, MOST_BYTES, known_slices, slices_of
from sluice.domain.message import BINARY_TYPE
from sluice.domain.monitoring.slices import of_slices
from tests.drift_builders import a_sliced_reference

KNOWN = {"carrier": frozenset({"B6", "AA"}), "gate": frozenset({"7", "true"})}
CARRIERS = {"carrier": frozenset({"AA", "B6", "DL", "UA", "WN"})}
B6 = (("carrier", "B6"),)


def asked(form: Any) -> dict[str, Any]:
    """``captureData`` of a request in JSON."""
    side = {"observedContentType": "application/json", "data": json.dumps(form), "encoding": "JSON"}
    return {"endpointInput": side}


def rows(*instances: Any) -> dict[str, Any]:
    return asked({"instances": list(instances)})


def tensor(name: str, datatype: str, values: Any, shape: tuple[int, ...] = (1, 1)) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape), "data": values}


def as_bytes(**blobs: tuple[str, bytes]) -> dict[str, Any]:
    """Tensors of one element as bytes, in a binary body."""
    tensors = [
        {"name": name, "datatype": kind, "shape": [1, 1], "parameters": {"binary_data_size": len(blob)}}
        for name, (kind, blob) in blobs.items()
    ]
    header = json.dumps({"inputs": tensors}).encode()
    data = base64.b64encode(header + b"".join(blob for _, blob in blobs.values())).decode()
    side = {"observedContentType": f"{BINARY_TYPE}{len(header)}", "data": data, "encoding": "BASE64"}
    return {"endpointInput": side}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (rows({"carrier": "B6", "temp": 3.5}), B6),
        (rows({"gate": 7, "carrier": ["B6"]}), (*B6, ("gate", "7"))),
        (rows({"gate": 7.0}), (("gate", "7"),)),
        (rows({"gate": True}), (("gate", "true"),)),
        (rows({"gate": False, "carrier": None}), ()),
        (rows({"gate": 7.5, "carrier": "ZZ"}), ()),
        (rows({"gate": {"7": 7}, "carrier": ["B6", "AA"]}), ()),
        (rows({"carrier": "B6"}, {"carrier": "B6"}), ()),
        (rows("B6"), ()),
        (asked({"inputs": [tensor("temp", "FP32", [3.5]), tensor("carrier", "BYTES", [["B6"]])]}), B6),
        (asked({"inputs": [tensor("carrier", "BYTES", ["B6", "AA"], (2, 1))]}), ()),
        (as_bytes(temp=("FP32", b"0000"), carrier=("BYTES", struct.pack("<I", 2) + b"B6")), B6),
        (as_bytes(gate=("INT64", struct.pack("<q", 7))), (("gate", "7"),)),
        (as_bytes(gate=("FP32", struct.pack("<f", float("nan")))), ()),
        (asked({}), ()),
        (asked([]), ()),
        ({"endpointInput": {"data": "", "encoding": "JSON"}}, ()),
        ({}, ()),
        (None, ()),
    ],
)
def test_the_only_row_is_in_the_slices_that_are_known(data: Any, found: Any) -> None:
    assert slices_of(data, KNOWN) == found


def test_without_slices_nothing_is_read() -> None:
    assert slices_of(rows({"carrier": "B6"}), {}) == ()


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(width=32), st.sampled_from(["7", "", "true"])
)


@given(VALUES)
def test_a_row_is_in_the_slice_in_which_drift_counts_it(value: Any) -> None:
    known = {"gate": frozenset({"7", "true", "0", "-3"})}
    slices = [Slice("gate", each) for each in sorted(known["gate"])]

    counted = of_slices([value], "gate", slices)

    words = [] if counted.codes[0] < 0 else [("gate", counted.categories[counted.codes[0]])]
    assert list(slices_of(rows({"gate": value}), known)) == words


def test_known_are_the_slices_of_declared_columns() -> None:
    text = json.dumps(a_sliced_reference().to_dict()).encode()

    assert known_slices(text, ["carrier", "origin"]) == CARRIERS
    assert known_slices(text, ["origin"]) == {}


@pytest.mark.parametrize("text", [b"{", b"{}", b"[]", b'{"slices": 7}', b'{"slices": [{"column": "carrier"}]}'])
def test_a_reference_that_cannot_be_read_knows_none(text: bytes) -> None:
    assert known_slices(text, ["carrier"]) == {}


def a_reference_of(values: list[str], classes: int = 2) -> bytes:
    slices = [{"column": "tail", "value": value, "rows": 1000 - place} for place, value in enumerate(values)]
    names = [f"c{place}" for place in range(classes)]
    return json.dumps({"classes": names, "scores": [{"edges": [0.5]}] * classes, "slices": slices}).encode()


def test_as_many_are_counted_as_an_item_surely_holds_those_with_the_most_rows() -> None:
    values = [f"N{number:03}" for number in range(200)]

    known = known_slices(a_reference_of(values, classes=100), ["tail"])

    kept = MOST_BYTES // (4 * (100 * 100 + 2 * 200 + 4) + 64 + len("tailN000"))
    assert known == {"tail": frozenset(values[:kept])}
    assert len(known_slices(a_reference_of(values), ["tail"])["tail"]) == 200


def test_a_value_as_long_as_a_text_is_no_slice() -> None:
    assert known_slices(a_reference_of(["x" * (LONGEST + 1), "N1"]), ["tail"]) == {"tail": frozenset({"N1"})}

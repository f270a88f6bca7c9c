import base64
import json
import struct
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.binning import Binning, CategoricalBins, NumericBins, Role
from sluice.domain.feedback.capture import Poison
from sluice.domain.message import BINARY_TYPE
from sluice.domain.monitoring.rows import read_rows
from tests.drift_builders import a_reference
from tests.monitoring_builders import side

BINNING = a_reference().binning
ALONE = Binning((NumericBins("x", (1.0,), 0.0, 2.0), NumericBins("y", (1.0,), 0.0, 2.0, Role.OUTPUT)))
ROWS = [{"temp": 1.5, "carrier": "AA"}, {"temp": None, "carrier": "UA", "seats": 4}]


def tensor(name: str, datatype: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def binary(tensors: dict[str, tuple[str, list[int], bytes]], *, of: str = "inputs") -> dict[str, str]:
    """One side of an exchange whose tensors are bytes."""
    form = {
        of: [
            {"name": n, "datatype": kind, "shape": shape, "parameters": {"binary_data_size": len(blob)}}
            for n, (kind, shape, blob) in tensors.items()
        ]
    }
    header = json.dumps(form).encode()
    body = header + b"".join(blob for _, _, blob in tensors.values())
    kind = f"{BINARY_TYPE}{len(header)}"
    return {"observedContentType": kind, "data": base64.b64encode(body).decode(), "encoding": "BASE64"}


def test_rows_of_v1_become_columns_and_what_a_row_lacks_is_missing() -> None:
    found = read_rows({"endpointInput": side({"instances": ROWS})}, BINNING)

    assert found.count == 2
    assert found.columns == {"temp": [1.5, None], "carrier": ["AA", "UA"], "seats": [None, 4]}
    assert found.probabilities is None


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([{"a": 1, "b": 2}, {"b": 4, "a": 3}], {"a": [1, 3], "b": [2, 4]}),
        ([{"a": 1, "b": 2}, {"a": 3, "c": 4}], {"a": [1, 3], "b": [2, None], "c": [None, 4]}),
        ([{"a": 1}, {"b": 2}], {"a": [1, None], "b": [None, 2]}),
        ([{"a": 1, "b": 2}, {"a": 3}], {"a": [1, 3], "b": [2, None]}),
        ([{}, {}], {}),
    ],
    ids=["the same names", "as many others", "one each", "fewer", "none"],
)
def test_columns_go_by_name_in_whatever_order_and_number(rows: list[Any], columns: dict[str, list[Any]]) -> None:
    found = read_rows({"endpointInput": side({"instances": rows})}, BINNING)

    assert (found.count, found.columns) == (2, columns)


def test_answers_of_v1_are_columns_and_probabilities() -> None:
    said = {"predictions": [{"label": 1, "probabilities": [0.2, 0.8]}, {"label": 0, "probabilities": [0.9, 0.1]}]}

    found = read_rows({"endpointInput": side({"instances": ROWS}), "endpointOutput": side(said)}, BINNING)

    assert found.columns["label"] == [1, 0]
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.2, 0.8], [0.9, 0.1]]


def test_a_models_only_input_and_output_need_no_name_and_an_element_may_stand_in_a_list() -> None:
    data = {"endpointInput": side({"instances": [[1.0], 2.0]}), "endpointOutput": side({"predictions": [3.0, 4.0]})}

    assert read_rows(data, ALONE).columns == {"x": [1.0, 2.0], "y": [3.0, 4.0]}


def test_tensors_as_json_are_columns_and_wide_ones_are_not() -> None:
    asked = {
        "inputs": [
            tensor("temp", "FP32", [2, 1], [[1.5], [2.5]]),
            tensor("carrier", "BYTES", [2], ["AA", "UA"]),
            tensor("picture", "FP32", [2, 3], [1, 2, 3, 4, 5, 6]),
        ]
    }
    said = {"outputs": [tensor("probabilities", "FP32", [2, 2], [0.2, 0.8, 0.9, 0.1])]}

    found = read_rows({"endpointInput": side(asked), "endpointOutput": side(said)}, BINNING)

    assert found.columns == {"temp": [1.5, 2.5], "carrier": ["AA", "UA"]}
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.2, 0.8], [0.9, 0.1]]


def test_tensors_as_bytes_are_arrays_of_their_type() -> None:
    words = b"".join(struct.pack("<I", len(word)) + word for word in (b"AA", b"UA"))
    asked = binary(
        {
            "temp": ("FP32", [2, 1], np.array([1.5, 2.5], "<f4").tobytes()),
            "seats": ("INT16", [2], np.array([3, -4], "<i2").tobytes()),
            "days": ("UINT8", [2], bytes([7, 255])),
            "is_late": ("BOOL", [2], bytes([1, 0])),
            "carrier": ("BYTES", [2, 1], words),
        }
    )
    probabilities = np.array([[0.25, 0.75], [0.5, 0.5]], "<f4")
    said = binary({"probabilities": ("FP32", [2, 2], probabilities.tobytes())}, of="outputs")

    found = read_rows({"endpointInput": asked, "endpointOutput": said}, BINNING)

    assert found.columns["carrier"] == [b"AA", b"UA"]
    assert [np.asarray(found.columns[name]).tolist() for name in ("temp", "seats", "days", "is_late")] == [
        [1.5, 2.5],
        [3, -4],
        [7, 255],
        [True, False],
    ]
    assert np.asarray(found.columns["temp"]).dtype == np.float32
    assert found.probabilities is not None
    assert found.probabilities.tolist() == probabilities.tolist()


def test_json_in_base64_is_read_and_so_are_tensors_as_text_beside_bytes() -> None:
    text = base64.b64encode(json.dumps({"instances": [1.5]}).encode()).decode()
    plain = {"observedContentType": "application/json", "data": text, "encoding": "BASE64"}
    header = json.dumps({"inputs": [tensor("x", "FP32", [1], [2.5])]}).encode()
    mixed = {
        "observedContentType": f"{BINARY_TYPE}{len(header)}",
        "data": base64.b64encode(header).decode(),
        "encoding": "BASE64",
    }

    assert read_rows({"endpointInput": plain}, ALONE).columns == {"x": [1.5]}
    assert read_rows({"endpointInput": mixed}, ALONE).columns == {"x": [2.5]}


@pytest.mark.parametrize(
    "said",
    [
        {"predictions": []},
        {"predictions": [1, 2, 3]},
        {"error": "no"},
        {"predictions": [{"probabilities": [0.5, 0.5]}, {"probabilities": [0.5]}]},
        7,
    ],
    ids=["none", "too many", "an error", "ragged", "a number"],
)
def test_an_answer_that_was_not_fit_to_pass_on_counts_as_missing(said: Any) -> None:
    found = read_rows({"endpointInput": side({"instances": ROWS}), "endpointOutput": side(said)}, BINNING)

    assert found.count == 2
    assert found.probabilities is None
    assert found.columns.keys() == {"temp", "carrier", "seats"}


def test_an_answer_that_cannot_be_decoded_counts_as_missing_too() -> None:
    for broken in ({"data": "{", "encoding": "JSON"}, {"encoding": "JSON"}, 7):
        found = read_rows({"endpointInput": side({"instances": ROWS}), "endpointOutput": broken}, BINNING)

        assert (found.count, found.probabilities) == (2, None)


@pytest.mark.parametrize(
    "asked",
    [
        side(7),
        side({"instances": []}),
        side({"instances": [{"temp": 1}, 7]}),
        side({"instances": [{"temp": 1, "seats": 2}, "ab"]}),
        side({"instances": [{"temp": 1, "seats": 2}, [1, 2]]}),
        side({"inputs": [tensor("temp", "FP32", [3], [1.0])]}),
        side({"inputs": [tensor("temp", "FP32", [1], [1.0]), tensor("seats", "FP32", [2], [1, 2])]}),
        side({"inputs": [tensor("temp", "COMPLEX", [1], [1.0])]}),
        {"observedContentType": "text/csv", "data": "1,2", "encoding": "CSV"},
        {"observedContentType": "application/json", "data": "%", "encoding": "BASE64"},
        {"observedContentType": f"{BINARY_TYPE}x", "data": "AAAA", "encoding": "BASE64"},
        {"encoding": "JSON"},
        side("[" * 100_000) | {"data": "[" * 100_000},
    ],
)
def test_a_request_that_cannot_be_read_is_poison(asked: Any) -> None:
    with pytest.raises(Poison):
        read_rows({"endpointInput": asked}, BINNING)


@pytest.mark.parametrize(
    ("kind", "encoding", "data"),
    [
        ("text/csv; charset=utf-8; name=1", "CSV", "1,2,3\n"),
        ("text/csv", "CSV", "1"),  # which is JSON, too
        ("text/csv", "BASE64", "MQ=="),
        ("application/x-npy", "BASE64", "k05VTVBZ"),
    ],
)
def test_what_came_as_something_else_than_json_is_poison_that_names_it(kind: str, encoding: str, data: str) -> None:
    asked = {"observedContentType": kind, "data": data, "encoding": encoding}

    with pytest.raises(Poison) as caught:
        read_rows({"endpointInput": asked}, BINNING)

    named = kind.partition(";")[0]
    assert str(caught.value) == f"Unfit: captured as {named}; JSON and tensors as bytes behind JSON are counted"


@pytest.mark.parametrize("data", [None, {}, {"endpointInput": None}, 7])
def test_what_holds_no_request_is_poison(data: Any) -> None:
    with pytest.raises(Poison):
        read_rows(data, BINNING)


def test_names_are_needed_where_there_are_several_features() -> None:
    several = Binning((CategoricalBins("a", ("x",)), CategoricalBins("b", ("x",))))

    found = read_rows({"endpointInput": side({"instances": ["x", "y"]})}, several)

    assert (found.count, found.columns.keys() & {"a", "b"}) == (2, set())


def test_an_output_of_another_width_is_not_taken_for_probabilities() -> None:
    said = {"predictions": [{"embedding": [1, 2, 3], "probabilities": [0.2, 0.8]}]}
    data = {"endpointInput": side({"instances": [{"temp": 1}]}), "endpointOutput": side(said)}

    found = read_rows(data, BINNING)

    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.2, 0.8]]

"""Which answers can a label be compared with later? Scores or the only number of a single row, however written."""

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.feedback.capture import Answered, Origin, read_line
from sluice.domain.feedback.scores import MOST_CLASSES, scores_of
from sluice.domain.message import BINARY_TYPE
from tests.feedback_builders import answered, captured, scored

HALVES = (0.25, 0.75)
JSON = "application/json"


def side(body: Any, kind: str = JSON) -> dict[str, Any]:
    return {"endpointOutput": {"observedContentType": kind, "data": json.dumps(body), "encoding": "JSON"}}


def tensor(name: str, values: list[float], rows: int = 1) -> dict[str, Any]:
    return {"name": name, "datatype": "FP32", "shape": [rows, len(values) // rows], "data": values}


def test_a_row_of_v1_says_its_probabilities_by_name_or_bare() -> None:
    assert scores_of({"endpointOutput": scored(HALVES)}) == HALVES
    assert scores_of(side({"predictions": [[0.25, 0.75]]})) == HALVES


def test_tensors_of_v2_are_read_as_json_and_as_bytes() -> None:
    label = {"name": "label", "datatype": "INT64", "shape": [1], "data": [1]}
    assert scores_of(side({"outputs": [label, tensor("probabilities", [0.25, 0.75])]})) == HALVES

    named = {"name": "p", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}
    header = json.dumps({"outputs": [named]}).encode()
    data = base64.b64encode(header + struct.pack("<2f", *HALVES)).decode()
    kind = f"{BINARY_TYPE}{len(header)}"
    binary = {"observedContentType": kind, "data": data, "encoding": "BASE64"}
    assert scores_of({"endpointOutput": binary}) == HALVES


def test_scores_are_those_of_the_width_in_which_they_are_kept() -> None:
    (low, high) = scores_of(side({"predictions": [[0.1, 0.9]]})) or ()

    assert (low, high) == struct.unpack("<2f", struct.pack("<2f", 0.1, 0.9))


def test_the_first_output_that_is_a_distribution_counts() -> None:
    embedding, scores = tensor("embedding", [3.0, -1.0]), tensor("probabilities", [0.25, 0.75])

    assert scores_of(side({"outputs": [embedding, scores, tensor("other", [0.5, 0.5])]})) == HALVES


def test_the_only_number_of_a_row_is_what_a_label_is_compared_with() -> None:
    minutes, text = tensor("minutes", [12.5]), {"name": "why", "datatype": "BYTES", "shape": [1], "data": ["7"]}
    embedding = tensor("embedding", [3.0, -1.0])

    assert scores_of(side({"predictions": [12.5]})) == (12.5,)
    assert scores_of(side({"predictions": [[-7]]})) == (-7.0,)
    assert scores_of(side({"predictions": [{"minutes": 0.0, "why": "storm"}]})) == (0.0,)
    assert scores_of(side({"outputs": [embedding, minutes, text]})) == (12.5,)
    assert scores_of(side({"predictions": [0.1]})) == struct.unpack("<f", struct.pack("<f", 0.1))


def test_scores_are_more_than_the_class_that_stands_beside_them() -> None:
    assert scores_of(side({"outputs": [tensor("label", [1.0]), tensor("probabilities", [0.25, 0.75])]})) == HALVES


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"endpointOutput": None},
        {"endpointOutput": {"data": "{}"}},
        side([]),
        side({"predictions": []}),
        side({"predictions": [{"minutes": 12.5, "hours": 0.2}]}),
        side({"predictions": [0.7, 0.8]}),
        side({"predictions": ["0.7"]}),
        side({"predictions": [True]}),
        side({"predictions": [1e39]}),
        side({"predictions": [10**400]}),
        side({"predictions": [[0.25, 0.75], [0.25, 0.75]]}),
        side({"outputs": [tensor("p", [0.25, 0.75, 0.25, 0.75], rows=2)]}),
        side({"predictions": [[0.25, 0.25]]}),
        side({"predictions": [[1.5, -0.5]]}),
        side({"predictions": [["a", "b"]]}),
        side({"predictions": [[True, False]]}),
        side({"predictions": [[None, 1.0]]}),
        side({"predictions": [[1 / (MOST_CLASSES + 1)] * (MOST_CLASSES + 1)]}),
        side({"predictions": [[0.25, 0.75]], "padding": "x" * 20_000}),
    ],
)
def test_what_no_label_can_be_compared_with_has_no_scores(data: Any) -> None:
    assert scores_of(data) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["predictions", "outputs"]), anything), st.sampled_from([JSON, BINARY_TYPE]))
def test_whatever_was_answered_does_not_stop_the_index(body: dict[str, Any], kind: str) -> None:
    found = scores_of(side(body, kind))

    assert found is None or len(found) == 1 or sum(found) == pytest.approx(1, abs=0.011)


probability = st.sampled_from([0, 1, 0.25, 0.75, 0.5, True, None, "a", 2, [0.5], 1e-3])
values = st.lists(probability, max_size=3) | probability
rows = st.lists(st.dictionaries(st.sampled_from(["label", "p", "q"]), values, max_size=3) | values, max_size=2)


@given(rows)
def test_an_answer_of_v1_is_read_the_same_at_once_and_closely(found: list[Any]) -> None:
    body = {"predictions": found}
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    closely = {"observedContentType": JSON, "data": encoded, "encoding": "BASE64"}

    assert scores_of(side(body)) == scores_of({"endpointOutput": closely})


def test_an_answer_too_deep_to_be_read_has_no_scores() -> None:
    deep = {"observedContentType": JSON, "data": "[" * 16_000, "encoding": "JSON"}

    assert scores_of({"endpointOutput": deep}) is None


def test_a_captured_line_brings_the_scores_along() -> None:
    attempt = answered("p-1", scores=HALVES)

    found = read_line(captured(attempt), model="flights", origin=Origin("sluice-flights", "champion"))

    assert isinstance(found, Answered)
    assert found == attempt

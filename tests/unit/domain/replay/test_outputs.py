import json
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.message import BINARY_TYPE, Message
from sluice.domain.replay.outputs import Outputs, is_about, read_outputs
from sluice.domain.signature import Datatype, TensorSpec

OUTPUTS = (TensorSpec("label", Datatype.INT64, (-1,)), TensorSpec("scores", Datatype.FP32, (-1, 2)))


def read(form: Any) -> Outputs:
    return read_outputs(Message(json.dumps(form).encode(), "application/json"), OUTPUTS)


def test_answers_of_v1_and_of_v2_say_the_same() -> None:
    v1 = {"predictions": [{"label": 1, "scores": [0.25, 0.75]}, {"label": 0, "scores": [1, 0]}]}
    label = {"name": "label", "shape": [2], "datatype": "INT64", "data": [1, 0]}
    flat = {"name": "scores", "shape": [2, 2], "datatype": "FP32", "data": [0.25, 0.75, 1, 0]}
    nested = {**flat, "data": [[0.25, 0.75], [1, 0]]}

    expected = {"label": [[1], [0]], "scores": [[0.25, 0.75], [1, 0]]}
    assert read(v1) == read({"outputs": [label, flat]}) == read({"outputs": [label, nested]}) == expected


def test_binary_tensors_follow_the_json_in_their_order() -> None:
    sized = [
        {"name": "scores", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
        {"name": "label", "shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}},
        {"name": "note", "shape": [1], "datatype": "BYTES", "data": ["late"]},
    ]
    header = json.dumps({"outputs": sized}).encode()
    body = header + struct.pack("<2fq", 0.25, 0.75, 1)

    found = read_outputs(Message(body, f"{BINARY_TYPE}{len(header)}"), OUTPUTS)

    assert found == {"scores": [[0.25, 0.75]], "label": [[1]], "note": [["late"]]}


def test_the_only_output_is_bare_in_v1() -> None:
    assert read({"predictions": [1, [2, [3]]]}) == {"label": [[1], [2, 3]]}


def test_a_scalar_is_one_row() -> None:
    assert read({"outputs": [{"name": "y", "shape": [], "data": [7]}]}) == {"y": [[7]]}


@pytest.mark.parametrize(
    "form",
    [
        [],
        7,
        {},
        {"predictions": 7},
        {"predictions": [{"label": 1}, {"scores": [1]}]},
        {"outputs": 7},
        {"outputs": [7]},
        {"outputs": [{"name": "y", "shape": [3], "data": [1, 2]}]},
        {"outputs": [{"name": "y", "shape": ["a"], "data": [1, 2]}]},
        {"outputs": [{"name": "y", "shape": [0], "data": []}]},
        {"outputs": [{"name": "y", "shape": [1], "datatype": "FP128", "parameters": {"binary_data_size": 0}}]},
        {"outputs": [{"name": "y", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}}]},
    ],
)
def test_other_answers_are_refused(form: Any) -> None:
    with pytest.raises(ValueError, match=r"answer of V1|are no|is not a valid"):
        read(form)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["predictions", "outputs", "name", "shape", "data", "datatype", "parameters"]), inner
            )
        ),
    )
)
def test_any_json_is_read_or_refused(form: Any) -> None:
    with suppress(ValueError):
        read(form)


def test_an_answer_is_about_all_rows_or_none() -> None:
    assert is_about({"label": [[1], [0]]}, 2)
    assert not is_about({"label": [[1], [0]], "scores": [[1]]}, 2)
    assert not is_about({}, 0)

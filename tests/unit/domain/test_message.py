import json

import pytest

from sluice.domain.errors import InvalidInput
from sluice.domain.message import BINARY_TYPE, Message, read_request
from tests.builders import a_signature

JSON = "application/json"
TENSOR = {"name": "x", "shape": [1], "datatype": "FP32"}


def a_binary(size: int | str | None = None) -> Message:
    header = json.dumps({"inputs": [{**TENSOR, "parameters": {"binary_data_size": 4}}]}).encode()
    return Message(header + b"\0\0\0\0", f"{BINARY_TYPE}{len(header) if size is None else size}")


@pytest.mark.parametrize(
    "request_",
    [
        Message(b'{"instances":[1.5]}', JSON),
        Message(json.dumps({"inputs": [{**TENSOR, "data": [1.5]}]}).encode(), JSON),
        a_binary(),
    ],
)
def test_requests_of_every_form_are_read(request_: Message) -> None:
    assert read_request(request_, a_signature()).rows == 1


@pytest.mark.parametrize(
    "request_",
    [
        Message(b"no JSON", JSON),
        Message(b"[" * 100_000, JSON),
        Message(b"[]", JSON),
        Message(b'{"instances":["a"]}', JSON),
        a_binary("two"),
        a_binary(10_000),
        Message(b"1.5", "text/csv"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(request_: Message) -> None:
    with pytest.raises((InvalidInput, ValueError)):
        read_request(request_, a_signature())


def test_an_answer_is_decoded_up_to_its_tensors() -> None:
    assert Message(b'{"outputs":[]}\0\0', f"{BINARY_TYPE}14").decode() == {"outputs": []}
    assert Message(b'{"outputs":[]}', JSON).decode() == {"outputs": []}

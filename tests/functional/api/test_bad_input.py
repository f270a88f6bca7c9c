import json
from typing import Any

import pytest

from sluice.domain.routing import Routing
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import Clock, ScriptedStore, a_routing, a_signature
from tests.functional.api.running import Api, Metrics

FLIGHT = a_signature(
    TensorSpec("carrier", Datatype.BYTES, (-1, 1)),
    TensorSpec("temp", Datatype.FP32, (-1, 1), optional=True),
)
BINARY = {"content_type": "application/octet-stream"}
A_TENSOR = {"name": "x", "datatype": "FP32", "shape": [1], "data": [1.5]}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "NaN",
        '{"instances":[NaN]}',
        '{"instances":[-Infinity]}',
        "[" * 100_000,
        b"\xff\xfe",
        '"\\ud800"',
        "1" * 5000,
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("path", ["/v1/models/flights:predict", "/v2/models/flights/infer"])
def test_a_body_that_is_not_json_is_malformed(path: str, body: str | bytes) -> None:
    api = Api()

    reply = api.ask("POST", path, body)

    assert (reply.status, reply.problem) == (400, "malformed-body")
    assert reply.json["detail"].startswith("not JSON: ")
    assert api.runtime.sent == []


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        ([1.5], [("body", 'an object {"instances": [...]}', "a list")]),
        ({"instances": []}, [("instances", "a list of at least one row", "[]")]),
        (
            {"instances": [{"carrier": "UA"}], "wrong": 1},
            [("wrong", 'no other key than "instances"', "1")],
        ),
        (
            {"instances": [{"carrier": "UA", "temp": "cold"}, {"temp": 1e39}]},
            [
                ("instances[1].carrier", "a string", "nothing: the field is missing"),
                ("instances[0].temp", "a finite FP32 number or null", "'cold'"),
                ("instances[1].temp", "a finite FP32 number or null", "1e+39"),
            ],
        ),
        (
            {"instances": [{"carrier": "UA", "gate": 5}]},
            [("instances[0].gate", "one of the fields ['carrier', 'temp']", "5")],
        ),
    ],
)
def test_rows_that_do_not_fit_the_model_are_listed_by_place(
    metrics: Metrics, body: Any, violations: list[tuple[str, str, str]]
) -> None:
    api = Api(ScriptedStore(a_routing(signature=FLIGHT)))

    reply = api.predict(json.dumps(body))

    assert (reply.status, reply.problem) == (422, "invalid-input")
    assert [tuple(violation.values()) for violation in reply.json["violations"]] == violations
    assert api.runtime.sent == []
    (line,) = metrics.read()
    assert (line["Model"], line["RequestsRefused"], line["error"]) == ("flights", 1, "InvalidInput")


@pytest.mark.parametrize(
    ("tensor", "where"),
    [
        ({"name": "z"}, "inputs.z"),
        ({"datatype": "FP64"}, "inputs.x.datatype"),
        ({"shape": [2]}, "inputs.x.data"),
        ({"shape": [10**18]}, "inputs.x.data"),
        ({"shape": [0], "data": []}, "inputs.x.shape"),
        ({"data": ["1.5"]}, "inputs.x.data[0]"),
        ({"parameters": {"binary_data_size": 4}}, "inputs.x.parameters.binary_data_size"),
    ],
)
def test_tensors_that_do_not_fit_the_model_are_listed_by_place(tensor: dict[str, Any], where: str) -> None:
    reply = Api().infer(json.dumps({"inputs": [{**A_TENSOR, **tensor}]}))

    assert (reply.status, reply.problem) == (422, "invalid-input")
    assert where in [violation["where"] for violation in reply.json["violations"]]


def test_a_violation_never_makes_an_answer_too_long_to_send() -> None:
    reply = Api().predict(json.dumps({"instances": [1], "k" * 1_900_000: "v" * 1_900_000}))

    assert (reply.status, reply.problem) == (422, "invalid-input")
    assert len(reply.body) < 3000


@pytest.mark.parametrize(
    ("length", "problem"),
    [
        ("0", "invalid-input"),
        ("999999", "invalid-input"),
        ("-1", "malformed-body"),
        ("two", "malformed-body"),
        ("٣", "malformed-body"),
        ("9" * 5000, "malformed-body"),
        ("7", "malformed-body"),  # inside the header
    ],
    ids=lambda value: value[:10],
)
def test_a_header_length_that_lies_is_refused(length: str, problem: str) -> None:
    body = json.dumps({"inputs": [A_TENSOR]}).encode()

    reply = Api().infer(body, inference_header_content_length=length, **BINARY)

    assert reply.problem == problem


def test_bytes_that_are_not_a_number_are_refused_in_binary_too() -> None:
    tensor = {"name": "x", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 4}}
    header = json.dumps({"inputs": [tensor]}).encode()

    reply = Api().infer(header + b"\0\0\xc0\x7f", inference_header_content_length=str(len(header)), **BINARY)

    assert (reply.status, reply.problem) == (422, "invalid-input")
    assert reply.json["violations"] == [
        {"where": "inputs.x", "expected": "a finite FP32 number", "got": "NaN or infinity"}
    ]


@pytest.mark.parametrize("content_type", ["text/csv", "application/xml", "application/octet-stream", "json"])
@pytest.mark.parametrize("path", ["/v1/models/flights:predict", "/v2/models/flights/infer"])
def test_a_content_type_the_api_does_not_read_is_said_so(path: str, content_type: str) -> None:
    reply = Api().ask("POST", path, b"1.5", content_type=content_type)

    assert (reply.status, reply.problem) == (415, "unsupported-media-type")
    assert content_type in reply.json["detail"]


def test_a_binary_body_of_another_type_is_said_so() -> None:
    reply = Api().infer(b"{}", content_type="text/csv", inference_header_content_length="2")

    assert (reply.status, reply.problem) == (415, "unsupported-media-type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_content_types_are_read_without_parameters_and_in_any_case(content_type: str) -> None:
    assert Api().predict(content_type=content_type).status == 200


def test_a_body_larger_than_the_api_takes_is_refused() -> None:
    api = Api()

    reply = api.predict(b" " * 4_000_001)

    assert (reply.status, reply.problem) == (413, "body-too-large")
    assert reply.json["detail"] == "got 4000001 bytes, the limit is 4000000"
    assert "4,000,000 bytes" in reply.json["remedy"]


@pytest.mark.parametrize("unit", ["", "u" * 257, "Zürich", "a\tb"], ids=["empty", "long", "not ASCII", "not visible"])
def test_a_unit_that_cannot_be_used_is_refused(unit: str) -> None:
    api = Api()

    reply = api.predict(x_sluice_unit=unit)

    assert (reply.status, reply.problem) == (400, "invalid-unit")
    assert api.runtime.sent == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/models/fraud:predict"),
        ("POST", "/v2/models/fraud/infer"),
        ("POST", "/v2/models/flights/versions/9/infer"),
        ("GET", "/v2/models/fraud"),
        ("GET", "/v2/models/flights/versions/9"),
        ("GET", "/v2/models/flights/versions/9/ready"),
        ("GET", "/v1/models/fraud"),
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/v2/models/flights/infer/deeper"),
    ],
)
def test_what_does_not_exist_is_not_found(method: str, path: str) -> None:
    body = json.dumps({"inputs": [A_TENSOR]}) if "infer" in path else '{"instances":[1.5]}'

    reply = Api().ask(method, path, body if method == "POST" else None)

    assert (reply.status, reply.problem) == (404, "not-found")


def test_an_unknown_model_is_answered_with_those_there_are_but_makes_no_metric(metrics: Metrics) -> None:
    reply = Api().ask("POST", "/v1/models/fraud:predict", "{}")

    assert reply.json["detail"] == "there is no model fraud; this deployment serves ['flights']"
    assert metrics.read() == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v2/models/flights/infer", "POST"), ("POST", "/v2/health/live", "GET"), ("DELETE", "/v2", "GET")],
)
def test_a_method_a_path_does_not_take_is_said_so(method: str, path: str, allowed: str) -> None:
    reply = Api().ask(method, path)

    assert (reply.status, reply.problem) == (405, "method-not-allowed")
    assert reply.headers["allow"] == allowed
    assert reply.json["detail"] == f"{path} does not take {method}"


class BrokenStore(ScriptedStore):
    """Fails in a way nobody thought of."""

    def get(self, model: str) -> Routing | None:
        raise ZeroDivisionError(f"the secret of {model}")


def test_a_bug_of_ours_is_a_problem_without_a_stack_trace() -> None:
    reply = Api(BrokenStore(), Clock()).predict()

    assert (reply.status, reply.problem) == (500, "internal-error")
    assert reply.headers["x-sluice-prediction-id"] == "p-1"
    assert b"secret" not in reply.body
    assert b"ZeroDivisionError" not in reply.body

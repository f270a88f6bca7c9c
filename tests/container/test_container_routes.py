"""One process per kind of model, asked in every form, compared with onnxruntime itself."""

import io
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from tests.container.graphs import (
    MIXED,
    a_model_directory,
    a_signature,
    identity,
    logarithm,
    mixed,
    one_number,
    two_rows_only,
)
from tests.container.running import Container, a_container

with warnings.catch_warnings():
    # gevent, below tritonclient, warns about what it patches when imported late.
    warnings.simplefilter("ignore")
    import tritonclient.http as triton

BINARY = "application/vnd.sagemaker-triton.binary+json"
X = np.array([[1.5, -2.25, 3.0], [0.1, 1e-30, 3e38]], np.float32)
MIXED_ROWS: list[dict[str, Any]] = [
    {"temp": 12.5, "city": "Bern", "count": 3, "member": True},
    {"temp": None, "city": "Zürich", "count": -4, "member": False},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Iterator[Container]:
    """``y`` = ``x``, three numbers a row, with a signature."""
    with a_container(a_model_directory(folder / "plain", identity(), a_signature()), folder / "plain.log") as it:
        yield it


@pytest.fixture(scope="module")
def several(folder: Path) -> Iterator[Container]:
    """Four inputs, two outputs, with a signature."""
    with a_container(a_model_directory(folder / "mixed", mixed(), MIXED), folder / "mixed.log") as it:
        yield it


def an_npy(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def run_mixed(folder: Path) -> list[Any]:
    session = onnxruntime.InferenceSession(folder / "mixed" / "model.onnx", providers=["CPUExecutionProvider"])
    column = [[row["temp"] if row["temp"] is not None else np.nan] for row in MIXED_ROWS]
    feeds = {
        "temp": np.array(column, np.float32),
        "city": np.array([[row["city"]] for row in MIXED_ROWS], object),
        "count": np.array([[row["count"]] for row in MIXED_ROWS], np.int64),
        "member": np.array([[row["member"]] for row in MIXED_ROWS]),
    }
    return list(session.run(["score", "place"], feeds))


def test_the_process_says_that_it_lives_is_ready_and_what_it_serves(several: Container) -> None:
    expected = [spec.to_dict() for spec in MIXED.inputs]

    ping, ready = several.ask("GET", "/ping"), several.ask("GET", "/v2/models/mixed/versions/7/ready")
    metadata = several.ask("GET", "/v2/models/mixed").json

    assert (ping.status, ping.body) == (200, b"")
    assert (ready.status, ready.json) == (200, {"name": "mixed", "ready": True})
    assert several.ask("GET", "/v2/health/live").json == {"live": True}
    assert several.ask("GET", "/v2").json["extensions"] == ["binary_tensor_data"]
    assert metadata["versions"] == ["7"]
    assert [tensor["name"] for tensor in metadata["inputs"]] == [tensor["name"] for tensor in expected]
    assert metadata["outputs"][0] == {"name": "score", "datatype": "FP32", "shape": [-1, 1]}


def test_every_answer_says_which_version_gave_it(several: Container) -> None:
    replies = [
        several.ask("GET", "/ping"),
        several.invoke({"instances": MIXED_ROWS}),
        several.invoke(b"{"),
        several.ask("GET", "/nowhere"),
        several.ask("GET", "/metrics"),
    ]

    marks = {reply.headers["x-amzn-sagemaker-custom-attributes"] for reply in replies}

    assert marks == {"sluice-model-version=7"}


def test_v1_answers_an_object_per_row_when_there_are_several_outputs(several: Container, folder: Path) -> None:
    score, place = run_mixed(folder)

    reply = several.invoke({"instances": MIXED_ROWS})

    assert reply.headers["content-type"] == "application/json"
    assert reply.json == {
        "predictions": [{"score": s, "place": p} for s, p in zip(score.ravel().tolist(), place.ravel(), strict=True)]
    }


def test_csv_in_and_out(several: Container, folder: Path) -> None:
    score, place = run_mixed(folder)

    reply = several.invoke(b'12.5,Bern,3,true\n,"Z\xc3\xbcrich",-4,false\n', "text/csv; charset=utf-8", "text/csv")

    assert reply.headers["content-type"] == "text/csv"
    assert reply.body.decode() == f'{score[0, 0]},"{place[0, 0]}"\n{score[1, 0]},"{place[1, 0]}"\n'


def test_npy_in_and_out_and_csv_to_json(plain: Container) -> None:
    npy = plain.invoke(an_npy(X), "application/x-npy", "application/x-npy")
    as_json = plain.invoke(an_npy(X.astype(np.float64)), "application/x-npy")

    assert np.array_equal(np.load(io.BytesIO(npy.body)), X)
    assert as_json.json == {"predictions": X.tolist()}
    assert plain.invoke(b"1,2,3\n", "text/csv").json == {"predictions": [[1.0, 2.0, 3.0]]}


def test_v2_on_invocations_and_on_its_own_route_answer_the_same(plain: Container) -> None:
    request = {"id": "a-1", "inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 3], "data": X.tolist()}]}

    here, there = plain.invoke(request), plain.infer("model", request)

    assert here.status == 200
    assert here.json == there.json
    assert here.json["id"] == "a-1"
    assert (here.json["model_name"], here.json["model_version"]) == ("model", "1")
    assert here.json["outputs"] == [{"name": "y", "datatype": "FP32", "shape": [2, 3], "data": X.ravel().tolist()}]


@pytest.mark.parametrize("accept", ["*/*", BINARY])
def test_a_binary_request_is_answered_in_binary_when_it_asks_so_or_accepts_nothing_else(
    plain: Container, accept: str
) -> None:
    tensor = {"name": "x", "datatype": "FP32", "shape": [2, 3], "parameters": {"binary_data_size": X.nbytes}}
    asked = {"parameters": {"binary_data_output": True}} if accept == "*/*" else {}
    header = json.dumps({"inputs": [tensor], **asked}).encode()

    reply = plain.invoke(header + X.tobytes(), f"{BINARY};json-header-size={len(header)}", accept)

    media, _, size = reply.headers["content-type"].partition(";json-header-size=")
    assert media == BINARY
    assert json.loads(reply.body[: int(size)])["outputs"][0]["parameters"] == {"binary_data_size": X.nbytes}
    assert reply.body[int(size) :] == X.tobytes()


def test_what_the_request_itself_wants_in_binary_is_binary_whatever_accept_says(plain: Container) -> None:
    tensor = {"name": "x", "datatype": "FP32", "shape": [2, 3], "data": X.tolist()}
    request = {"inputs": [tensor], "outputs": [{"name": "y", "parameters": {"binary_data": True}}]}

    reply = plain.invoke(request, accept="application/json")

    assert reply.headers["content-type"].startswith(BINARY)
    assert reply.body.endswith(X.tobytes())


def test_a_request_may_choose_its_outputs_and_their_order(several: Container, folder: Path) -> None:
    _, place = run_mixed(folder)
    columns = [("temp", "FP32"), ("city", "BYTES"), ("count", "INT64"), ("member", "BOOL")]
    inputs = [
        {"name": name, "datatype": datatype, "shape": [2, 1], "data": [row[name] for row in MIXED_ROWS]}
        for name, datatype in columns
    ]

    one = several.infer("mixed", {"inputs": inputs, "outputs": [{"name": "place"}]}).json
    both = several.infer("mixed", {"inputs": inputs, "outputs": [{"name": "place"}, {"name": "score"}]}).json

    assert [output["data"] for output in one["outputs"]] == [place.ravel().tolist()]
    assert [output["name"] for output in both["outputs"]] == ["place", "score"]


@pytest.mark.parametrize("binary", [True, False])
def test_tritonclient_reads_the_metadata_and_gets_what_onnxruntime_answers(
    several: Container, folder: Path, *, binary: bool
) -> None:
    score, place = run_mixed(folder)
    client = triton.InferenceServerClient(f"127.0.0.1:{several.port}")
    columns = {
        "temp": np.array([[12.5], [np.nan]], np.float32),
        "city": np.array([[b"Bern"], ["Zürich".encode()]], object),
        "count": np.array([[3], [-4]], np.int64),
        "member": np.array([[True], [False]]),
    }
    datatypes = {tensor["name"]: tensor["datatype"] for tensor in client.get_model_metadata("mixed")["inputs"]}
    # JSON has no NaN: without binary data tritonclient could not say "missing".
    columns["temp"] = columns["temp"] if binary else np.zeros((2, 1), np.float32)
    inputs = [triton.InferInput(name, list(values.shape), datatypes[name]) for name, values in columns.items()]
    for tensor, values in zip(inputs, columns.values(), strict=True):
        tensor.set_data_from_numpy(values, binary_data=binary)

    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("score", "place")]
    result = client.infer("mixed", inputs, "7", outputs, request_id="r")

    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("mixed", "7")
    assert result.get_response()["id"] == "r"
    assert np.array_equal(result.as_numpy("score")[1], score[1])
    texts = [text.decode() if isinstance(text, bytes) else text for text in result.as_numpy("place").ravel()]
    assert texts == place.ravel().tolist()
    client.close()


V2 = {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}
JSON = "application/json"
BAD = [
    (b"{", JSON, "*/*", 400, "body: expected JSON"),
    (b"\xff\xfe", JSON, "*/*", 400, "body: expected JSON"),
    (b'{"instances": [[NaN, 1, 2]]}', JSON, "*/*", 400, "NaN, which is not a JSON number"),
    (b'{"instances": [[1e999, 1, 2]]}', JSON, "*/*", 400, "instances[0]: expected a list of shape [3]"),
    (b"[" * 100_000, JSON, "*/*", 400, "nested too deeply"),
    (b'{"instances": []}', JSON, "*/*", 400, "at least one row"),
    (b'{"rows": []}', JSON, "*/*", 400, 'expected an object {\\"instances\\": [...]}'),
    (b'{"instances": [[1, 2]]}', JSON, "*/*", 400, "instances[0]: expected a list of shape [3]"),
    (b'{"inputs": []}', JSON, "*/*", 400, "at least one tensor"),
    (json.dumps({"inputs": [{**V2, "name": "z"}]}), JSON, "*/*", 400, "one of the inputs ['x']"),
    (json.dumps({"inputs": [{**V2, "datatype": "FP64"}]}), JSON, "*/*", 400, "inputs.x.datatype: expected FP32"),
    (json.dumps({"inputs": [{**V2, "shape": [1, 4]}]}), JSON, "*/*", 400, "inputs.x.shape: expected [-1, 3]"),
    (json.dumps({"inputs": [V2], "outputs": [{"name": "z"}]}), JSON, "*/*", 400, "one of the outputs ['y']"),
    (json.dumps({"inputs": [V2], "outputs": "y"}), JSON, "*/*", 400, "outputs: expected a list"),
    (json.dumps({"inputs": [V2], "outputs": [{"name": "y"}] * 2}), JSON, "*/*", 400, "['y'], once"),
    (
        json.dumps({"inputs": [V2], "outputs": [{"name": "y", "parameters": {"classification": 3}}]}),
        JSON,
        "*/*",
        400,
        "no other parameter than binary_data",
    ),
    (json.dumps({"inputs": [V2], "parameters": {"binary_data_output": 1}}), JSON, "*/*", 400, "true or false"),
    (json.dumps({"inputs": [V2], "id": 7}), JSON, "*/*", 400, "id: expected a string"),
    (b"1,2\n", "text/csv", "*/*", 400, "expected 3 columns, got 2"),
    (b"nonsense", "application/x-npy", "*/*", 400, "expected a .npy file"),
    (b"{}", BINARY, "*/*", 400, "json-header-size: expected the length"),
    (b"{}", f"{BINARY};json-header-size=9", "*/*", 400, "9 for a body of 2 bytes"),
    (b"{}", f"{BINARY};json-header-size=-1", "*/*", 400, "json-header-size: expected the length"),
    (b"a=b", "application/x-www-form-urlencoded", "*/*", 415, "is not one of application/json, text/csv"),
    (b"{}", "application/json; charset=latin-1", "*/*", 415, "send UTF-8"),
    (b"{}", JSON, "image/png", 406, "names none of application/json"),
    (b'{"instances": [[1, 2, 3]]}', JSON, "application/json;q=0", 406, "names none of"),
]


@pytest.mark.parametrize(("body", "content_type", "accept", "status", "says"), BAD)
def test_what_cannot_be_answered_is_refused_with_a_problem(
    plain: Container, body: bytes | str, content_type: str, *, accept: str, status: int, says: str
) -> None:
    sent = body.encode() if isinstance(body, str) else body

    reply = plain.invoke(sent, content_type, accept)

    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    assert says in reply.body.decode()
    assert reply.json["status"] == status
    assert "Traceback" not in reply.body.decode()


def test_a_problem_lists_every_place_that_does_not_fit(plain: Container) -> None:
    reply = plain.invoke({"instances": [[1, 2, 3], "no", [1, None, 3]]})

    assert reply.json["type"] == "urn:sluice:problem:invalid-input"
    assert [place["where"] for place in reply.json["violations"]] == ["instances[1]", "instances[2]"]
    assert reply.json["violations"][0]["got"] == "'no'"


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/v2/models/other", 404, "no model 'other' here, only 'model'"),
        ("GET", "/v2/models/model/versions/9", 404, "no version '9' of 'model' here, only '1'"),
        ("GET", "/v2/models/model/versions/9/ready", 404, "no version '9' of 'model' here, only '1'"),
        ("GET", "/v2/nowhere", 404, "Not Found: GET /v2/nowhere"),
        ("GET", "/v2/models/model/infer", 405, "Method Not Allowed: GET /v2/models/model/infer"),
    ],
)
def test_v2_routes_refuse_in_the_words_of_the_protocol(
    plain: Container, method: str, path: str, *, status: int, error: str
) -> None:
    reply = plain.ask(method, path)

    assert (reply.status, reply.json) == (status, {"error": error})


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({"Content-Type": "text/csv"}, 415, "content type 'text/csv' is not application/json"),
        ({"Content-Encoding": "gzip"}, 415, "send the body uncompressed"),
        ({"Inference-Header-Content-Length": "two"}, 400, "the length of the JSON header"),
        ({"Inference-Header-Content-Length": "9" * 5000}, 400, "the length of the JSON header"),
        ({"Inference-Header-Content-Length": "99"}, 400, "99 for a body of 2 bytes"),
        ({}, 400, "body: expected an object"),
    ],
)
def test_infer_refuses_what_it_cannot_read(plain: Container, headers: dict[str, str], status: int, error: str) -> None:
    reply = plain.ask("POST", "/v2/models/model/infer", b"{}", headers)

    assert reply.status == status
    assert error in reply.json["error"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_six_mebibytes_is_refused_whether_or_not_it_says_its_length(
    plain: Container, *, declared: bool
) -> None:
    body = b" " * 6_291_457

    reply = plain.ask("POST", "/invocations", body if declared else iter([body[:6_000_000], body[6_000_000:]]))

    assert reply.status == 413
    assert "6291456" in reply.json["detail"]


def test_a_body_of_six_mebibytes_is_read(plain: Container) -> None:
    start = b'{"instances": [[1, 2, 3]]}'

    reply = plain.invoke(start + b" " * (6_291_456 - len(start)))

    assert reply.json == {"predictions": [[1.0, 2.0, 3.0]]}


def test_metrics_count_requests_rows_and_name_the_model(several: Container) -> None:
    several.invoke({"instances": MIXED_ROWS})
    several.invoke(b"{")
    several.ask("GET", "/surely/not/a/route")

    text = several.ask("GET", "/metrics").body.decode()

    assert 'sluice_requests_total{route="/invocations",status="200"}' in text
    assert 'sluice_requests_total{route="/invocations",status="400"}' in text
    assert 'sluice_requests_total{route="other",status="404"}' in text
    assert 'sluice_request_seconds_bucket{le="0.005",route="/invocations"}' in text
    assert 'sluice_model_info{model="mixed",provider="CPUExecutionProvider",version="7"} 1.0' in text
    assert "surely" not in text


def test_the_log_is_json_and_tells_where_data_did_not_fit_but_not_the_data(plain: Container) -> None:
    plain.invoke({"instances": [["a secret", 2, 3]]})

    refused = [event for event in plain.events() if event["event"] == "request.refused"]

    assert ["instances[0]"] in [event.get("places") for event in refused]
    assert "a secret" not in plain.log.read_text()
    assert not [event for event in plain.events() if "/ping" in str(event)]


@pytest.mark.parametrize("body", [b"1\n-1\n", b'{"instances": [1, -1]}'])
def test_a_model_that_answers_nan_has_failed(tmp_path: Path, body: bytes) -> None:
    media = "text/csv" if body[:1] == b"1" else JSON
    with a_container(a_model_directory(tmp_path, logarithm()), tmp_path / "log") as container:
        replies = [container.invoke(body, media, accept) for accept in ("*/*", "text/csv", "application/x-npy", BINARY)]

    assert [reply.status for reply in replies] == [500] * 4
    assert {reply.json["detail"] for reply in replies} == {"the model answered NaN or infinity in output 'y'"}


def test_a_failing_model_answers_500_and_leaves_its_stack_trace_in_the_log(tmp_path: Path) -> None:
    with a_container(a_model_directory(tmp_path, two_rows_only()), tmp_path / "log") as container:
        fine, failed = container.invoke(b"1,2,3\n4,5,6\n", "text/csv"), container.invoke(b"1,2,3\n", "text/csv")
        events = container.events()

    assert fine.status == 200
    assert failed.status == 500
    assert failed.json["detail"] == "the model failed on this request; the container's log says why"
    assert "Reshape" in next(event["exception"] for event in events if event["event"] == "model.failed")


def test_a_model_that_does_not_answer_by_rows_speaks_v2_only(tmp_path: Path) -> None:
    with a_container(a_model_directory(tmp_path / "sum", one_number()), tmp_path / "log") as container:
        by_row = container.invoke({"instances": [1, 2]})
        tensor = {"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}
        v2 = container.infer("sum", {"inputs": [tensor]})

    assert by_row.status == 500
    assert "answers the Open Inference Protocol only" in by_row.json["detail"]
    assert v2.json["outputs"] == [{"name": "y", "datatype": "FP32", "shape": [], "data": [3.0]}]

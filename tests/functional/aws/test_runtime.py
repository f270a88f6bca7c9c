import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from local_cloud.processes import free_port
from sluice.aws.runtime import Answer, Runtime
from sluice.domain.invocation import Fault, InvocationFailed
from tests.loopback_server import HANGS_UP, SAYS_NOTHING, LoopbackServer, Reply

BODY = b'{"instances":[1.5]}'


def a_runtime(url: str, monkeypatch: pytest.MonkeyPatch, *, model_timeout_seconds: float = 5) -> Runtime:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
    return Runtime.connect(model_timeout_seconds=model_timeout_seconds, clock=time.monotonic)


def invoke(runtime: Runtime) -> Answer:
    return runtime.invoke(
        endpoint="sluice-flights",
        variant="challenger",
        inference_id="p-1",
        attributes="sluice-attempt=1",
        body=BODY,
        content_type="application/json",
    )


def an_error(status: int, code: str, **members: Any) -> Reply:
    """As sagemaker-runtime (rest-json) writes an error."""
    return Reply(status, json.dumps(members).encode(), {"x-amzn-ErrorType": code, "Content-Type": "application/json"})


def test_one_call_is_one_request_to_the_variant_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {
        "Content-Type": "application/json",
        "x-Amzn-Invoked-Production-Variant": "challenger",
        "X-Amzn-SageMaker-Custom-Attributes": "trace=7, sluice-model-version=2.1",
    }
    with LoopbackServer(Reply(200, b'{"predictions":[0.5]}', headers)) as server:
        answer = invoke(a_runtime(server.url, monkeypatch))

    (seen,) = server.seen
    sent = {name.lower(): value for name, value in seen.headers.items()}
    assert (seen.method, seen.path, seen.body) == ("POST", "/endpoints/sluice-flights/invocations", BODY)
    assert sent["x-amzn-sagemaker-target-variant"] == "challenger"
    assert sent["x-amzn-sagemaker-inference-id"] == "p-1"
    assert sent["x-amzn-sagemaker-custom-attributes"] == "sluice-attempt=1"
    assert sent["accept"] == "application/json"
    assert sent["content-type"] == "application/json"
    assert answer == Answer("challenger", "2.1", b'{"predictions":[0.5]}', "application/json")


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Amzn-SageMaker-Custom-Attributes": "version=3"}],
    ids=["no attributes", "others' attributes"],
)
def test_a_container_that_does_not_name_its_version_is_answered_without(
    monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str]
) -> None:
    with LoopbackServer(Reply(200, b"{}", headers)) as server:
        answer = invoke(a_runtime(server.url, monkeypatch))

    assert answer == Answer("challenger", None, b"{}", "application/json")


@pytest.mark.parametrize(
    ("reply", "failure", "fault"),
    [
        (
            an_error(424, "ModelError", Message="Received 422", OriginalStatusCode=422, OriginalMessage="temp: null"),
            ("ModelError", "temp: null"),
            Fault.CALLER,
        ),
        (
            an_error(424, "ModelError", Message="Received 500", OriginalStatusCode=500, OriginalMessage=""),
            ("ModelError", "Received 500"),
            Fault.VARIANT,
        ),
        (an_error(400, "ValidationError", Message="no endpoint"), ("ValidationError", "no endpoint"), Fault.VARIANT),
        (
            an_error(429, "ModelNotReadyException", Message="loading"),
            ("ModelNotReadyException", "loading"),
            Fault.TRANSIENT,
        ),
        (
            an_error(400, "ThrottlingException", Message="slow down"),
            ("ThrottlingException", "slow down"),
            Fault.TRANSIENT,
        ),
        (an_error(500, "InternalFailure", Message="oops"), ("InternalFailure", "oops"), Fault.TRANSIENT),
        (an_error(503, "ServiceUnavailable", Message="busy"), ("ServiceUnavailable", "busy"), Fault.TRANSIENT),
        (
            an_error(530, "InternalDependencyException", Message="s3"),
            ("InternalDependencyException", "s3"),
            Fault.TRANSIENT,
        ),
        (Reply(503, b"<html>"), ("503", "Service Unavailable"), Fault.TRANSIENT),
        (Reply(502, b""), ("502", "Bad Gateway"), Fault.TRANSIENT),
    ],
    ids=str,
)
def test_an_error_is_told_apart_after_exactly_one_request(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, failure: tuple[str, str], fault: Fault
) -> None:
    with LoopbackServer(reply) as server, pytest.raises(InvocationFailed) as failed:
        invoke(a_runtime(server.url, monkeypatch))

    assert len(server.seen) == 1
    assert (failed.value.variant, failed.value.code, failed.value.message) == ("challenger", *failure)
    assert failed.value.fault is fault


def test_a_model_that_hangs_is_left_after_its_time_and_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(SAYS_NOTHING) as server:
        started = time.monotonic()
        with pytest.raises(InvocationFailed, match="challenger: ReadTimeout: the model did not answer in time") as late:
            invoke(a_runtime(server.url, monkeypatch, model_timeout_seconds=0.3))

    assert 0.25 < time.monotonic() - started < 20
    assert len(server.seen) == 1
    assert late.value.fault is Fault.VARIANT


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}], ids=["of known length", "chunked"])
def test_an_answer_that_drips_is_left_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str]
) -> None:
    body = b"1\r\n \r\n" * 100 if headers else b" " * 700
    with LoopbackServer(Reply(200, body, headers, drip_seconds=0.05)) as server:
        started = time.monotonic()
        with pytest.raises(InvocationFailed, match="ReadTimeout: the model did not answer in time") as late:
            invoke(a_runtime(server.url, monkeypatch, model_timeout_seconds=0.4))

    assert 0.35 < time.monotonic() - started < 20
    assert len(server.seen) == 1
    assert late.value.fault is Fault.VARIANT


def test_an_answer_that_drips_fast_enough_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(Reply(200, b'{"predictions":[0.5]}', drip_seconds=0.002)) as server:
        answer = invoke(a_runtime(server.url, monkeypatch))

    assert answer.body == b'{"predictions":[0.5]}'


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
def test_an_answer_of_any_size_is_read_whole_and_its_connection_used_again(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    with LoopbackServer(Reply(200, b"7" * size)) as server:
        runtime = a_runtime(server.url, monkeypatch)
        answers = [invoke(runtime), invoke(runtime)]

    assert [answer.body for answer in answers] == [b"7" * size] * 2
    assert len({seen.client for seen in server.seen}) == 1


def test_a_connection_that_breaks_is_a_hiccup(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(HANGS_UP) as server, pytest.raises(InvocationFailed) as failed:
        invoke(a_runtime(server.url, monkeypatch))

    assert len(server.seen) == 1
    assert (failed.value.code, failed.value.fault) == ("ConnectionFailed", Fault.TRANSIENT)


@pytest.mark.parametrize("headers", [{"Content-Length": "100"}, {"Transfer-Encoding": "chunked"}], ids=str)
def test_an_answer_that_is_cut_off_is_a_hiccup(monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str]) -> None:
    cut_off = Reply(200, b'e\r\n{"predictions"', {"Connection": "close", **headers})
    with LoopbackServer(cut_off) as server, pytest.raises(InvocationFailed) as failed:
        invoke(a_runtime(server.url, monkeypatch))

    assert (failed.value.code, failed.value.fault) == ("ConnectionFailed", Fault.TRANSIENT)


def test_a_runtime_nobody_listens_at_is_a_hiccup(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvocationFailed) as failed:
        invoke(a_runtime(f"http://127.0.0.1:{free_port()}", monkeypatch))

    assert (failed.value.code, failed.value.fault) == ("ConnectionFailed", Fault.TRANSIENT)

import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.functions.runtime_api import Call, Request, RuntimeApi, WorkerGone


@pytest.fixture(scope="module")
def api() -> Iterator[RuntimeApi]:
    runtime = RuntimeApi()
    yield runtime
    runtime.close()


def connect(api: RuntimeApi) -> socket.socket:
    host, port = api.address.split(":")
    return socket.create_connection((host, int(port)))


def receive(api: RuntimeApi, *, seconds: float = 5, is_running: bool = True) -> Request:
    return api.receive(deadline=time.monotonic() + seconds, is_running=lambda: is_running)


def a_post(path: str, body: bytes) -> bytes:
    head = f"POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: x\r\nCONTENT-LENGTH: {len(body)}\r\n\r\n"
    return head.encode() + body


@given(body=st.binary(max_size=200), cuts=st.lists(st.integers(0, 300), max_size=5))
@settings(max_examples=50, deadline=None)
def test_a_call_is_whole_however_it_is_cut_into_pieces(api: RuntimeApi, body: bytes, cuts: list[int]) -> None:
    sent = a_post("invocation/some-id/response", body)
    edges = sorted({0, len(sent), *(min(cut, len(sent)) for cut in cuts)})

    def send() -> None:
        with connect(api) as worker:
            worker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start, end in pairwise(edges):
                worker.sendall(sent[start:end])

    sender = threading.Thread(target=send)
    sender.start()

    assert receive(api) == Request(Call.RESPONSE, body)
    sender.join()


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("invocation/next", Call.NEXT),
        ("invocation/1f2/error", Call.ERROR),
        ("init/error", Call.INIT_ERROR),
        ("restore/next", Call.RESTORE_NEXT),
        ("restore/error", Call.INIT_ERROR),
    ],
)
def test_each_route_is_known(api: RuntimeApi, path: str, call: Call) -> None:
    with connect(api) as worker:
        worker.sendall(a_post(path, b""))

        assert receive(api).call is call


def test_a_worker_may_come_back_on_another_connection(api: RuntimeApi) -> None:
    with connect(api) as first:
        first.sendall(a_post("invocation/next", b"")[:20])
    with connect(api) as second:
        second.sendall(a_post("invocation/next", b""))

        assert receive(api).call is Call.NEXT


def test_silence_is_a_timeout_and_a_dead_worker_is_gone(api: RuntimeApi) -> None:
    with pytest.raises(TimeoutError):
        receive(api, seconds=0.05)

    with pytest.raises(WorkerGone):
        receive(api, is_running=False)


def test_an_event_arrives_with_its_headers(api: RuntimeApi) -> None:
    with connect(api) as worker:
        worker.sendall(a_post("invocation/next", b""))
        receive(api)

        api.send_event({"Lambda-Runtime-Aws-Request-Id": "r1"}, b'{"a": 1}')

        answer = worker.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Lambda-Runtime-Aws-Request-Id: r1\r\n" in answer
    assert answer.endswith(b'Content-Length: 8\r\n\r\n{"a": 1}')

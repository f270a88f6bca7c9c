import json

import pytest
from botocore.config import Config

from sluice.aws.client import connect
from sluice.aws.controller import Controller
from tests.loopback_server import HANGS_UP, LoopbackServer, Reply


def a_controller(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> Controller:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return Controller(connect("lambda", Config(retries={"total_max_attempts": 1})), function="reconcile")


def test_a_look_is_asked_for_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(Reply(202)) as server:
        refused = a_controller(server, monkeypatch).look_now("flights")

    (seen,) = server.seen
    assert refused is None
    assert seen.path == "/2015-03-31/functions/reconcile/invocations"
    assert {name.lower(): value for name, value in seen.headers.items()}["x-amz-invocation-type"] == "Event"
    assert json.loads(seen.body) == {"model": "flights"}


def test_a_look_that_cannot_be_asked_for_is_told_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = Reply(403, b'{"Message": "not authorized"}', {"x-amzn-ErrorType": "AccessDeniedException"})
    with LoopbackServer(denied, HANGS_UP) as server:
        controller = a_controller(server, monkeypatch)
        first, second = controller.look_now("flights"), controller.look_now("flights")

    assert "not authorized" in (first or "")
    assert second

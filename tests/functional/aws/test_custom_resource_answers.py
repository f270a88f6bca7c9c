import json
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from sluice.aws.custom_resource import Event, Outcome, respond
from tests.builders import a_custom_resource_event
from tests.loopback_server import HANGS_UP, LoopbackServer, Reply


def answer(act: Callable[[Event], Outcome], *replies: Reply, **event: Any) -> tuple[LoopbackServer, dict[str, Any]]:
    """Respond to a Create; what CloudFormation was told last."""
    with LoopbackServer(*replies) as server:
        respond({**a_custom_resource_event("Create", f"{server.url}/signed?key=1"), **event}, act)
    told: dict[str, Any] = json.loads(server.seen[-1].body)
    return server, told


def fail(_: Event) -> Outcome:
    raise ValueError("weights must sum to 100\n" + "x" * 5000)


def test_a_success_is_put_to_the_signed_url() -> None:
    server, told = answer(lambda _: Outcome("config-1", {"EndpointConfigName": "config-1"}))

    event = a_custom_resource_event("Create", "")
    assert (server.seen[0].method, server.seen[0].path) == ("PUT", "/signed?key=1")
    assert told == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "config-1",
        "Data": {"EndpointConfigName": "config-1"},
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }


def test_no_content_type_is_sent_because_none_was_signed() -> None:
    server, _ = answer(lambda _: Outcome("config-1"))

    assert "content-type" not in {name.lower() for name in server.seen[0].headers}


def test_a_failure_gives_its_reason_within_cloudformations_limits() -> None:
    _, told = answer(fail)

    assert told["Status"] == "FAILED"
    assert told["Reason"].startswith("ValueError: weights must sum to 100")
    assert len(told["Reason"]) == 1000


@pytest.mark.parametrize(
    ("event", "identity"),
    [({}, "FlightsEndpointConfig"), ({"PhysicalResourceId": "config-0"}, "config-0")],
    ids=["first", "later"],
)
def test_a_failure_leaves_the_resource_its_identity(event: dict[str, str], identity: str) -> None:
    _, told = answer(fail, **event)

    assert told["PhysicalResourceId"] == identity


@pytest.mark.parametrize("hiccup", [Reply(503), Reply(500), HANGS_UP], ids=["503", "500", "hangs up"])
def test_an_answer_s3_does_not_take_is_sent_again(hiccup: Reply) -> None:
    server, told = answer(lambda _: Outcome("config-1"), hiccup, Reply(200))

    assert len(server.seen) == 2
    assert told["Status"] == "SUCCESS"


def test_an_answer_s3_refuses_fails_the_function_so_that_lambda_tries_again() -> None:
    with LoopbackServer(Reply(403)) as server, pytest.raises(urllib3.exceptions.HTTPError, match="403"):
        respond(a_custom_resource_event("Create", server.url), lambda _: Outcome("config-1"))

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.front_door import FrontDoor
from local_cloud.functions.invocation import Invocation, RequestTooLarge, Throttled
from tests.functional.local_cloud.front_door_builders import (
    FUNCTION,
    OK,
    Knocker,
    a_front_door,
    a_moto_server,
    eventually,
)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudContext]:
    with a_moto_server(tmp_path_factory.mktemp("cloud")) as context:
        yield context


@pytest.fixture
def knocker(context: CloudContext) -> Iterator[Knocker]:
    with a_front_door(context) as knocker:
        yield knocker


def refused(answer: Any) -> tuple[int, str]:
    assert set(answer.json) == {"message"}
    return answer.status, answer.json["message"]


def after(wait: Callable[[], object]) -> Callable[[dict[str, Any]], Invocation]:
    """A function that answers when the waiting is over."""

    def respond(_: dict[str, Any]) -> Invocation:
        wait()
        return OK

    return respond


def test_a_request_reaches_the_function_and_its_answer_the_client(knocker: Knocker) -> None:
    knocker.a_stage()
    knocker.a_route("POST /v1/models/{proxy+}")
    body = base64.b64encode(b"\x00\x01").decode()
    answer = {
        "statusCode": 202,
        "headers": {"X-Row": "1"},
        "cookies": ["a=1", "b=2"],
        "body": body,
        "isBase64Encoded": True,
    }
    knocker.respond = lambda _: Invocation(json.dumps(answer).encode())

    got = knocker.call("POST", "/v1/models/flights:predict?dry=1", b'{"instances":[]}', content_type="application/json")

    [(function, event)] = knocker.events
    assert function == FUNCTION
    assert event["routeKey"] == "POST /v1/models/{proxy+}"
    assert event["pathParameters"] == {"proxy": "flights:predict"}
    assert event["body"] == '{"instances":[]}'
    assert event["requestContext"]["apiId"] == knocker.api_id
    assert (got.status, got.body, got.headers["x-row"]) == (202, b"\x00\x01", "1")
    assert got.headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert got.headers["apigw-requestid"] == event["requestContext"]["requestId"]


def test_a_client_cannot_choose_its_source_address(knocker: Knocker) -> None:
    knocker.a_stage()
    knocker.a_route("$default")

    knocker.call("GET", "/", x_forwarded_for="10.9.8.7")

    [(_, event)] = knocker.events
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-for"] == "10.9.8.7, 127.0.0.1"


def test_without_a_matching_route_or_stage_there_is_nothing(knocker: Knocker) -> None:
    assert refused(knocker.call("GET", "/")) == (404, "Not Found")

    knocker.a_stage()
    knocker.a_route("GET /known")

    assert eventually(lambda: knocker.call("GET", "/known").status == 200)
    assert refused(knocker.call("GET", "/unknown")) == (404, "Not Found")
    assert refused(knocker.call("POST", "/known")) == (404, "Not Found")


def test_a_named_stage_is_the_first_part_of_the_path(knocker: Knocker) -> None:
    knocker.a_stage("prod", StageVariables={"colour": "blue"})
    knocker.a_route("GET /x")

    got = knocker.call("GET", "/prod/x")

    assert got.status == 200
    assert knocker.events[0][1]["rawPath"] == "/prod/x"
    assert knocker.events[0][1]["stageVariables"] == {"colour": "blue"}
    assert knocker.call("GET", "/x").status == 404


@pytest.mark.parametrize(
    "payload", [b"", b"not json", b'{"statusCode":"x"}', b'{"statusCode":200,"headers":{"a":"b\\r\\nc: d"}}']
)
def test_an_answer_that_is_none_is_an_internal_error(knocker: Knocker, payload: bytes) -> None:
    knocker.a_stage()
    knocker.a_route("$default")
    knocker.respond = lambda _: Invocation(payload)

    assert refused(knocker.call("GET", "/")) == (500, "Internal Server Error")


def test_a_failed_function_tells_the_client_nothing(knocker: Knocker) -> None:
    knocker.a_stage()
    knocker.a_route("$default")
    knocker.respond = lambda _: Invocation(b'{"errorMessage":"secret","stackTrace":["line"]}', "Unhandled")

    assert refused(knocker.call("GET", "/")) == (500, "Internal Server Error")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RequestTooLarge("6 MB"), (413, "Request Entity Too Large")),
        (Throttled("no concurrency"), (503, "Service Unavailable")),
        (RuntimeError("a bug of the cloud"), (500, "Internal Server Error")),
    ],
)
def test_what_lambda_refuses_is_told_in_api_gateways_words(
    knocker: Knocker, error: Exception, expected: tuple[int, str]
) -> None:
    def refuse(_: dict[str, Any]) -> Invocation:
        raise error

    knocker.a_stage()
    knocker.a_route("$default")
    knocker.respond = refuse

    assert refused(knocker.call("GET", "/")) == expected


def test_a_slow_function_is_given_up_after_the_integrations_timeout(knocker: Knocker) -> None:
    over = threading.Event()
    knocker.a_stage()
    knocker.a_route("$default", timeout_ms=50)
    knocker.respond = after(lambda: over.wait(20))

    slow = knocker.call("GET", "/")
    over.set()

    assert refused(slow) == (503, "Service Unavailable")
    assert knocker.call("GET", "/").status == 200


def test_a_slow_function_does_not_hold_up_others(knocker: Knocker) -> None:
    waiting = threading.Barrier(21, timeout=20)
    knocker.a_stage()
    knocker.a_route("$default")
    knocker.respond = after(waiting.wait)

    with ThreadPoolExecutor(20) as pool:
        calls = [pool.submit(knocker.call, "GET", "/") for _ in range(20)]
        waiting.wait()
        statuses = {call.result().status for call in calls}

    assert statuses == {200}


def test_a_body_over_ten_megabytes_and_a_head_over_ten_kilobytes_are_refused(knocker: Knocker) -> None:
    knocker.a_stage()
    knocker.a_route("$default")

    largest = knocker.call("POST", "/", b"x" * (10 * 1024 * 1024))
    too_large = knocker.call("POST", "/", b"x" * (10 * 1024 * 1024 + 1))
    long_head = knocker.call("GET", "/", x_long="x" * 10_240)

    assert largest.status == 200
    assert refused(too_large) == (413, "Request Entity Too Large")
    assert refused(long_head) == (431, "Request Header Fields Too Large")


def test_a_stage_is_throttled_and_a_route_may_have_its_own_limit(knocker: Knocker) -> None:
    slow, free = {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}, {"ThrottlingRateLimit": 1000.0}
    knocker.a_stage(DefaultRouteSettings=slow, RouteSettings={"GET /free": {**free, "ThrottlingBurstLimit": 1000}})
    knocker.a_route("GET /free")
    knocker.a_route("$default")

    statuses = [knocker.call("GET", "/").status for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert refused(knocker.call("GET", "/")) == (429, "Too Many Requests")
    assert {knocker.call("GET", "/free").status for _ in range(5)} == {200}


def test_cors_is_answered_by_the_api_and_replaces_the_functions_headers(knocker: Knocker) -> None:
    knocker.gateway.update_api(
        ApiId=knocker.api_id,
        CorsConfiguration={"AllowOrigins": ["*"], "AllowMethods": ["GET"], "ExposeHeaders": ["x-a"]},
    )
    knocker.a_stage()
    knocker.a_route("GET /x")
    answer = {"statusCode": 200, "headers": {"access-control-allow-origin": "https://wrong"}}
    knocker.respond = lambda _: Invocation(json.dumps(answer).encode())

    preflight = knocker.call("OPTIONS", "/x", origin="https://a.example", access_control_request_method="GET")
    simple = knocker.call("GET", "/x", origin="https://a.example")
    missing = knocker.call("GET", "/missing", origin="https://a.example")

    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers["access-control-allow-methods"] == "GET"
    assert simple.headers.get_all("access-control-allow-origin") == ["*"]
    assert simple.headers["access-control-expose-headers"] == "x-a"
    assert missing.headers["access-control-allow-origin"] == "*"


def test_requests_are_written_to_the_stages_access_log(knocker: Knocker) -> None:
    logs = knocker.context.client("logs")
    logs.create_log_group(logGroupName="/sluice/access")
    line = {
        "route": "$context.routeKey",
        "status": "$context.status",
        "ip": "$context.identity.sourceIp",
        "x": "$context.none",
    }
    destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/sluice/access:*"
    knocker.a_stage(AccessLogSettings={"DestinationArn": destination, "Format": json.dumps(line)})
    knocker.a_route("GET /x")

    def lines() -> list[dict[str, str]]:
        events = logs.filter_log_events(logGroupName="/sluice/access")["events"]
        return [json.loads(event["message"]) for event in events]

    knocker.call("GET", "/x")
    knocker.call("GET", "/missing")

    assert eventually(lambda: len(lines()) == 2)
    assert {"route": "GET /x", "status": "200", "ip": "127.0.0.1", "x": "-"} in lines()
    assert {"route": "-", "status": "404", "ip": "127.0.0.1", "x": "-"} in lines()
    logs.delete_log_group(logGroupName="/sluice/access")


def test_what_is_not_done_here_is_an_error_and_not_skipped(knocker: Knocker) -> None:
    knocker.a_stage()
    route = knocker.a_route("$default", AuthorizationType="CUSTOM")

    assert refused(knocker.call("GET", "/")) == (500, "Internal Server Error")

    knocker.gateway.update_route(ApiId=knocker.api_id, RouteId=route, AuthorizationType="NONE")

    assert eventually(lambda: knocker.call("GET", "/").status == 200)


def test_the_host_name_chooses_among_several_apis(knocker: Knocker) -> None:
    knocker.a_stage()
    knocker.a_route("$default")
    younger = knocker.gateway.create_api(Name="younger", ProtocolType="HTTP")["ApiId"]

    by_host = knocker.call("GET", "/", host=f"{knocker.api_id}.execute-api.us-east-1.amazonaws.com")

    assert by_host.status == 200
    assert eventually(lambda: knocker.call("GET", "/").status == 404)
    knocker.gateway.delete_api(ApiId=younger)


def test_a_request_that_is_not_http_gets_no_stack_trace(knocker: Knocker) -> None:
    host, port = urlsplit(knocker.door.url).netloc.split(":")

    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Traceback" not in answer


def test_a_taken_port_is_said_at_once_and_leaves_nothing_behind(knocker: Knocker) -> None:
    taken = int(knocker.door.url.rpartition(":")[2])
    second = FrontDoor(knocker.context, invoke=knocker.invoke, port=taken)

    with pytest.raises(OSError, match="in use"):
        second.start()

    second.stop()
    assert knocker.call("GET", "/").status == 404


def test_a_stopped_door_is_closed(context: CloudContext) -> None:
    with a_front_door(context) as knocker:
        address = urlsplit(knocker.door.url)
        names = {thread.name for thread in threading.enumerate()}

    assert "front-door" in names
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(address.hostname), int(str(address.port))), timeout=1)
    assert "front-door" not in {thread.name for thread in threading.enumerate()}

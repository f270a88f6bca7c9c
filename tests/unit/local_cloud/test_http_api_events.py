import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local_cloud.front_door.cors import Cors
from local_cloud.front_door.deployment import Api, Destination, Stage
from local_cloud.front_door.event import build_event
from local_cloud.front_door.request import Request
from local_cloud.front_door.routes import Match, RouteTable

T0 = datetime(2026, 11, 21, 12, 30, 45, 250_000, tzinfo=UTC)


def a_request(**changes: Any) -> Request:
    values = {
        "id": "JKJaXmPLvHcESHA=",
        "time": T0,
        "method": "POST",
        "path": "/v1/models/a b",
        "raw_path": "/v1/models/a%20b",
        "query": "",
        "headers": (("host", "localhost:8000"), ("user-agent", "curl/8")),
        "body": b"",
        "source_ip": "127.0.0.1",
        "protocol": "HTTP/1.1",
    }
    return Request(**{**values, **changes})


def event_of(request: Request, *, stage: str = "$default", identity: dict[str, Any] | None = None) -> dict[str, Any]:
    variables = {"colour": "blue"} if stage == "prod" else {}
    at = Stage(stage, variables, {}, None)
    api = Api("abc123", {}, RouteTable([]), {stage: at}, None)
    match = Match("POST /v1/models/{name}", {"name": "a b"})
    event: dict[str, Any] = json.loads(build_event(request, Destination(api, at, request.path, match), identity))
    return event


def test_an_event_without_extras_has_no_empty_members() -> None:
    event = event_of(a_request())

    assert set(event) == {
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "requestContext",
        "pathParameters",
        "isBase64Encoded",
    }
    assert event["requestContext"] == {
        "accountId": "123456789012",
        "apiId": "abc123",
        "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": "abc123",
        "http": {
            "method": "POST",
            "path": "/v1/models/a b",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "curl/8",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "POST /v1/models/{name}",
        "stage": "$default",
        "time": "21/Nov/2026:12:30:45 +0000",
        "timeEpoch": 1795264245250,
    }


def test_headers_are_joined_and_cookies_stand_apart() -> None:
    headers = (
        ("host", "localhost:8000"),
        ("accept", "text/html"),
        ("accept", "application/json"),
        ("cookie", "a=1; b=2"),
        ("cookie", "c=3"),
        ("connection", "keep-alive"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-amzn-trace-id", "Root=1-2-3"),
    )

    event = event_of(a_request(headers=headers))

    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert event["headers"] == {
        "host": "localhost:8000",
        "accept": "text/html,application/json",
        "x-forwarded-for": "10.0.0.1, 127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-port": "8000",
        "x-amzn-trace-id": "Root=1-2-3",
    }


def test_the_query_is_kept_raw_and_also_decoded() -> None:
    event = event_of(a_request(query="a=1&a=2&b=x%20y&c="))

    assert event["rawQueryString"] == "a=1&a=2&b=x%20y&c="
    assert event["queryStringParameters"] == {"a": "1,2", "b": "x y", "c": ""}


@pytest.mark.parametrize(
    ("content_type", "is_text"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/csv", True),
        ("application/xml", True),
        ("application/javascript", True),
        ("application/octet-stream", False),
        ("application/x-npy", False),
        ("application/vnd.sagemaker-triton.binary+json;json-header-size=3", False),
        ("application/x-www-form-urlencoded", False),
        (None, False),
    ],
)
def test_a_body_is_text_only_for_the_types_that_api_gateway_takes_as_text(content_type: str, is_text: bool) -> None:  # noqa: FBT001  a table's column
    headers = (("content-type", content_type),) if content_type else ()

    event = event_of(a_request(headers=headers, body=b"[1]"))

    assert event["isBase64Encoded"] is not is_text
    assert event["body"] == ("[1]" if is_text else base64.b64encode(b"[1]").decode())


def test_json_that_is_not_utf_8_travels_as_base64() -> None:
    event = event_of(a_request(headers=(("content-type", "application/json"),), body=b"\xff"))

    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == b"\xff"


def test_stage_variables_and_the_caller_are_told() -> None:
    identity = {"jwt": {"claims": {"sub": "me"}, "scopes": None}}

    event = event_of(a_request(), stage="prod", identity=identity)

    assert event["stageVariables"] == {"colour": "blue"}
    assert event["requestContext"]["authorizer"] == identity


CORS = Cors.read(
    {"allowOrigins": ["https://a.example"], "allowMethods": ["POST"], "maxAge": 60, "allowCredentials": True}
)


def test_a_preflight_is_answered_for_allowed_origins_only() -> None:
    def preflight(origin: str) -> Request:
        headers = (("origin", origin), ("access-control-request-method", "POST"))
        return a_request(method="OPTIONS", headers=headers)

    allowed = CORS.preflight(preflight("https://a.example"))
    other = CORS.preflight(preflight("https://b.example"))

    assert allowed is not None
    assert allowed.status == 204
    assert dict(allowed.headers) == {
        "access-control-allow-origin": "https://a.example",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "POST",
        "access-control-max-age": "60",
    }
    assert other is not None
    assert other.headers == ()
    assert CORS.preflight(a_request(method="OPTIONS")) is None


def test_the_path_of_a_named_stage_begins_with_its_name() -> None:
    prod, default = Stage("prod", {}, {}, None), Stage("$default", {}, {}, None)
    api = Api("abc123", {}, RouteTable([]), {"prod": prod, "$default": default}, None)
    only_prod = Api("abc123", {}, RouteTable([]), {"prod": prod}, None)

    assert api.stage_of("/prod/x/y") == (prod, "/x/y")
    assert api.stage_of("/prod") == (prod, "/")
    assert api.stage_of("/production/x") == (default, "/production/x")
    assert only_prod.stage_of("/x") is None

"""What event does the function get for a request? Payload format 2.0 of HTTP APIs.

Source: API Gateway developer guide, "Lambda integration payload format version 2.0". Not on that page but seen on AWS:
paths arrive percent-decoded, the query string does not (hotsock/voker#8); a body is text only for the content types
below, everything else, even a form or a missing type, is base64 (ministackorg/ministack#766).
"""

import base64
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from local_cloud.context import ACCOUNT, REGION
from local_cloud.front_door.deployment import Destination
from local_cloud.front_door.request import Request

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})
#: Headers that end at the front door; cookies have a place of their own in the event.
_DROPPED = frozenset(
    {"connection", "cookie", "keep-alive", "proxy-authorization", "te", "transfer-encoding", "upgrade"}
)


def build_event(request: Request, destination: Destination, identity: Mapping[str, Any] | None) -> bytes:
    """The event as JSON; ``identity`` is what an authorizer found: ``{"jwt": …}``, ``{"iam": …}`` or None."""
    match, stage = destination.match, destination.stage
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route_key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": _headers(request),
        "requestContext": _context(request, destination, identity),
    }
    if cookies := [one for key, value in request.headers if key == "cookie" for one in value.split("; ")]:
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = _query_parameters(request.query)
    if match.path_parameters:
        event["pathParameters"] = match.path_parameters
    if stage.variables:
        event["stageVariables"] = stage.variables
    text = _text(request)
    event["isBase64Encoded"] = bool(request.body) and text is None
    if request.body:
        event["body"] = base64.b64encode(request.body).decode() if text is None else text
    return _ENCODER.encode(event).encode()


def _context(request: Request, destination: Destination, identity: Mapping[str, Any] | None) -> dict[str, Any]:
    api = destination.api
    context = {
        "accountId": ACCOUNT,
        "apiId": api.id,
        "domainName": f"{api.id}.execute-api.{REGION}.amazonaws.com",
        "domainPrefix": api.id,
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": request.id,
        "routeKey": destination.match.route_key,
        "stage": destination.stage.name,
        "time": request.time.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(request.time.timestamp() * 1000),
    }
    return context if identity is None else {**context, "authorizer": identity}


def _headers(request: Request) -> dict[str, str]:
    """Lower-case names, values of one name joined by commas, and what a proxy adds; local mode speaks plain HTTP."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name not in _DROPPED:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    sender = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{sender}, {request.source_ip}" if sender else request.source_ip
    headers["x-forwarded-proto"] = "http"
    headers["x-forwarded-port"] = headers.get("host", "").partition(":")[2] or "80"
    headers.setdefault("x-amzn-trace-id", f"Root=1-{int(request.time.timestamp()):08x}-{os.urandom(12).hex()}")
    return headers


def _query_parameters(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _text(request: Request) -> str | None:
    """The body as text; None when it must travel as base64, also when it is not the UTF-8 that its type promises."""
    content_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if not (content_type.startswith("text/") or content_type in _TEXT_TYPES):
        return None
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        return None

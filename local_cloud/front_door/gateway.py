"""How does a request become an answer? Route, throttle, authorizer, function: in API Gateway's order and words."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_cloud.context import CloudContext
from local_cloud.front_door import iam_authorizer
from local_cloud.front_door.access_log import AccessLogs, Exchange
from local_cloud.front_door.answer import Answer, InvalidAnswer, Refused, read_answer
from local_cloud.front_door.deployment import Api, Deployments, Destination, Route, Stage
from local_cloud.front_door.event import build_event
from local_cloud.front_door.jwt_authorizer import JwtAuthorizers
from local_cloud.front_door.request import Receive, Request, Scope, new_request_id, read_request
from local_cloud.front_door.throttle import TokenBucket
from local_cloud.functions.invocation import Invocation, InvocationRefused

log = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Invoke = Callable[[str, bytes], Invocation]

CONCURRENCY = 128
READ_DEPLOYMENTS_SECONDS = 0.05

#: What Lambda's refusals become; any other is a 500.
_OF_LAMBDA = {413: (413, "Request Entity Too Large"), 429: (503, "Service Unavailable")}
#: Headers that speak of one connection; the server writes its own.
_OF_CONNECTION = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})


class Gateway:
    """The ASGI application."""

    def __init__(self, context: CloudContext, *, invoke: Invoke, logs: AccessLogs) -> None:
        self._context = context
        self._invoke = invoke
        self._logs = logs
        self._deployments = Deployments()
        self._apis: dict[str, Api] = {}
        self._read_at = float("-inf")
        self._jwt = JwtAuthorizers()
        self._buckets: dict[tuple[str, str, str], TokenBucket] = {}
        self._pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="front-door")

    def close(self) -> None:
        """Wait for no invocation that still runs: its client is gone."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        try:
            request = await read_request(scope, receive, now=self._context.clock.now())
        except Refused as refused:
            await _send(send, refused.answer(), new_request_id())
            return
        exchange = Exchange(request)
        answer = await self._answer(exchange)
        await _send(send, answer, request.id)
        if exchange.stage is not None and exchange.stage.access_log is not None:
            elapsed_ms = _milliseconds_since(started)
            self._logs.write(exchange.stage.access_log, exchange, answer, elapsed_ms=elapsed_ms)

    async def _answer(self, exchange: Exchange) -> Answer:
        try:
            return await self._serve(exchange)
        except Refused as refused:
            exchange.detail = refused.detail or refused.message
            return _with_cors(exchange, refused.answer())
        except Exception as error:  # the outermost edge: a client never sees a stack trace
            log.exception("the request %s failed", exchange.request.id)
            exchange.detail = str(error)
            return _with_cors(exchange, Refused(500, "Internal Server Error").answer())

    async def _serve(self, exchange: Exchange) -> Answer:
        request = exchange.request
        api = exchange.api = self._api_for(request)
        exchange.stage, path = _stage_of(api, request.path)
        if api.cors and (preflight := api.cors.preflight(request)):
            return preflight
        match = api.table.match(request.method, path)
        if match is None:
            raise Refused(404, "Not Found")
        exchange.route_key = match.route_key
        destination = Destination(api, exchange.stage, path, match)
        self._check_throttle(destination)
        exchange.identity = await self._identity(request, destination)
        event = build_event(request, destination, exchange.identity)
        return _with_cors(exchange, await self._call(exchange, destination.route, event))

    def _api_for(self, request: Request) -> Api:
        """The API whose id begins the Host header, else the youngest one."""
        now = time.monotonic()
        if now - self._read_at > READ_DEPLOYMENTS_SECONDS:
            self._apis = self._deployments.read()
            self._read_at = now
        if not self._apis:
            raise Refused(404, "Not Found", detail="no HTTP API is deployed")
        by_host = self._apis.get((request.header("host") or "").partition(".")[0])
        return by_host or self._apis[next(reversed(self._apis))]

    def _check_throttle(self, destination: Destination) -> None:
        """A route's own throttle, else the stage's, which all other routes share."""
        key, throttles = destination.match.route_key, destination.stage.throttles
        scope = key if key in throttles else ""
        if scope not in throttles:
            return
        now = time.monotonic()
        name = (destination.api.id, destination.stage.name, scope)
        bucket = self._buckets.get(name)
        if bucket is None or bucket.throttle != throttles[scope]:
            bucket = self._buckets[name] = TokenBucket(throttles[scope], now=now)
        if not bucket.take(now=now):
            raise Refused(429, "Too Many Requests")

    async def _identity(self, request: Request, destination: Destination) -> Mapping[str, Any] | None:
        route = destination.route
        if route.authorization == "AWS_IAM":
            return iam_authorizer.authorize(request, destination, self._context)
        if route.authorizer is not None:
            return await self._jwt.authorize(request, route, route.authorizer)
        return None

    async def _call(self, exchange: Exchange, route: Route, event: bytes) -> Answer:
        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(route.timeout_seconds):
                invocation = await loop.run_in_executor(self._pool, self._invoke, route.function, event)
        except TimeoutError as error:
            raise Refused(503, "Service Unavailable", detail="the integration timed out") from error
        except InvocationRefused as error:
            status, message = _OF_LAMBDA.get(error.status, (500, "Internal Server Error"))
            raise Refused(status, message, detail=f"{error.code}: {error}") from error
        finally:
            exchange.integration_ms = _milliseconds_since(started)
        if invocation.error is not None:
            raise Refused(500, "Internal Server Error", detail=f"the function failed: {invocation.error}")
        try:
            return read_answer(invocation.payload)
        except InvalidAnswer as error:
            raise Refused(
                500, "Internal Server Error", detail=f"the function's answer is not valid: {error}"
            ) from error


def _stage_of(api: Api, path: str) -> tuple[Stage, str]:
    found = api.stage_of(path)
    if found is None:
        raise Refused(404, "Not Found", detail="no stage")
    return found


def _with_cors(exchange: Exchange, answer: Answer) -> Answer:
    cors = exchange.api.cors if exchange.api else None
    return cors.apply(exchange.request, answer) if cors else answer


async def _send(send: Send, answer: Answer, request_id: str) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers if name not in _OF_CONNECTION]
    headers.append((b"apigw-requestid", request_id.encode()))
    if answer.status not in {204, 304}:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _milliseconds_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)

"""What tests start from: values that are valid as they stand, and stand-ins for the other side of a wire."""

import base64
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from sluice.aws.runtime import Answer
from sluice.domain.invocation import InvocationFailed
from sluice.domain.routing import Routing
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.service.predict import Question

_EVENTS = Path(__file__).with_name("events")
ONE_ROW = b'{"predictions":[0.5]}'


def a_signature(*inputs: TensorSpec) -> Signature:
    """Of the model ``flights`` with one output; its input is ``x``, one FP32 number a row, unless others are given."""
    return Signature(
        model="flights",
        version="1",
        inputs=inputs or (TensorSpec("x", Datatype.FP32, (-1,)),),
        outputs=(TensorSpec("y", Datatype.FP32, (-1,)),),
    )


def a_routing(revision: int = 0, signature: Signature | None = None, **weights: int) -> Routing:
    """All to the champion unless weights are given (``challenger_2`` for challenger-2); versions are 1, 2, …"""
    given = {name.replace("_", "-"): weight for name, weight in (weights or {"champion": 100}).items()}
    return Routing(
        model="flights",
        endpoint="sluice-flights",
        salt="flights",
        weights=given,
        versions={variant: str(number) for number, variant in enumerate(given, start=1)},
        signature=signature or a_signature(),
        revision=revision,
    )


def a_question(unit: str = "N14228", version: str | None = None) -> Question:
    """One row for the model of ``a_signature``."""
    return Question("p-1", unit, 1, b'{"instances":[1.5]}', "application/json", version)


def an_answer(
    variant: str, body: bytes = ONE_ROW, *, version: str | None = None, content_type: str = "application/json"
) -> Answer:
    """One row's answer of a variant."""
    return Answer(variant, version, body, content_type)


def a_failure(variant: str, code: str, model_status: int | None = None) -> InvocationFailed:
    """A call that gave no answer, for the reason in ``code``."""
    return InvocationFailed(variant=variant, code=code, message="as scripted", model_status=model_status)


class Clock:
    """A clock that moves only when somebody sleeps; call it to read it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class ScriptedRuntime:
    """Endpoints whose variants do what was scripted, one step a call; ``asked`` holds the variants in order.

    A step is an answer, or a failure, or the code of a failure; a variant answers well when its script is over. Every
    call takes ``seconds`` of the clock.
    """

    def __init__(
        self, clock: Clock, *, seconds: float = 0.01, **scripts: Sequence[Answer | InvocationFailed | str]
    ) -> None:
        self.asked: list[str] = []
        self._clock = clock
        self._seconds = seconds
        self._scripts = {variant.replace("_", "-"): iter(steps) for variant, steps in scripts.items()}

    def invoke(self, *, variant: str, **_: Any) -> Answer:
        self.asked.append(variant)
        self._clock.now += self._seconds
        step = next(self._scripts.get(variant, iter(())), an_answer(variant))
        if isinstance(step, Answer):
            return step
        raise a_failure(variant, step) if isinstance(step, str) else step


def an_event(
    method: str, path: str, body: bytes | str | None = None, *, authorizer: str | None = None, **headers: str
) -> dict[str, Any]:
    """What API Gateway sends for a request (tests/events/http_api.json); ``x_sluice_unit`` names a header."""
    event: dict[str, Any] = json.loads((_EVENTS / "http_api.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["headers"].update({name.replace("_", "-"): value for name, value in headers.items()})
    if isinstance(body, bytes):
        event.update(body=base64.b64encode(body).decode(), isBase64Encoded=True)
    elif body is not None:
        event.update(body=body)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = json.loads((_EVENTS / "authorizers.json").read_text())[authorizer]
    return event


def a_custom_resource_event(request_type: str, response_url: str, **properties: str) -> dict[str, Any]:
    """What CloudFormation sends about a custom resource (tests/events/custom_resource.json)."""
    event: dict[str, Any] = json.loads((_EVENTS / "custom_resource.json").read_text())
    event.update(RequestType=request_type, ResponseURL=response_url)
    event["ResourceProperties"].update(properties)
    return event


@dataclass(frozen=True, slots=True)
class Reply:
    """What a loopback server does: answer, or (``status`` 0) close the connection, or (-1) say nothing."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


HANGS_UP = Reply(0)
SAYS_NOTHING = Reply(-1)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that reached a loopback server."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class LoopbackServer:
    """The other side of a client: gives the scripted replies in order, the last one for ever, and keeps what it saw."""

    def __init__(self, *replies: Reply) -> None:
        self.seen: list[Seen] = []
        self._replies = list(replies or [Reply()])
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _next(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                reply = server._next(Seen(self.command, self.path, dict(self.headers), body))
                if reply == SAYS_NOTHING:
                    server._closing.wait()
                if reply.status <= 0:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815  http.server finds them by these names

            def log_message(self, *_: object) -> None:
                """Tests read ``seen`` instead."""

        return Handler

"""How does a Lambda function make a resource? It is told what to do and PUTs its answer to a URL.

The protocol is CloudFormation's own, without a provider framework:
docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from local_cloud.cloudformation.calls import text
from local_cloud.cloudformation.resource import Live, Request, ResourceType
from local_cloud.context import LOOPBACK

_DEFAULT_SERVICE_TIMEOUT_SECONDS = 3600.0
# CloudFormation would go on waiting for its whole service timeout when a function returns without answering; nobody
# develops against an hour of silence, so here a function may answer until so many seconds after it returned.
_GRACE_SECONDS = 30.0


class InvocationLike(Protocol):
    """What invoking a function gives."""

    @property
    def payload(self) -> bytes:
        """Its answer, or the error as JSON."""

    @property
    def error(self) -> str | None:
        """The kind of error; None when it answered."""


Invoke = Callable[[str, bytes], InvocationLike]


class CustomResourceFailed(ValueError):
    """The function answered FAILED, failed itself, or did not answer in time."""


class Answers:
    """A loopback server that takes the answers functions PUT to their response URLs."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._answers: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="responses", daemon=True)

    def start(self) -> None:
        """Take answers from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more answers."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def url(self, request_id: str) -> str:
        """Where the answer to a request goes."""
        return f"http://{LOOPBACK}:{self._server.server_port}/{request_id}"

    def wait(self, request_id: str, seconds: float, *, unless: Callable[[], bool]) -> dict[str, Any] | None:
        """The answer once it is there; None when ``seconds`` passed or ``unless`` turned true first."""
        with self._changed:
            self._changed.wait_for(lambda: request_id in self._answers or unless(), seconds)
            return self._answers.pop(request_id, None)

    def look_again(self) -> None:
        """Make the waiting ask their ``unless`` again."""
        with self._changed:
            self._changed.notify_all()

    def _take(self, path: str, body: bytes) -> None:
        with self._changed:
            self._answers[path.lstrip("/")] = json.loads(body)
            self._changed.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    answers._take(self.path, body)
                    self.send_response(200)
                except ValueError:
                    self.send_response(400, "The answer must be JSON")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing: the stack's history tells what came of it."""

        return Handler


@dataclass(slots=True)
class Exchange:
    """One request to a function, and what has come back so far."""

    request_id: str
    returned: bool = False
    failure: str = ""


class CustomResource:
    """Custom::* and AWS::CloudFormation::CustomResource."""

    def __init__(self, invoke: Invoke, answers: Answers) -> None:
        self._invoke, self._answers = invoke, answers
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="custom-resource")

    def create(self, request: Request) -> Live:
        """Raises CustomResourceFailed."""
        default = request.name
        request.made(Live(default))
        answer = self._ask(request, "Create", {})
        live = _live(answer, default)
        request.made(live)
        return _succeeded(answer, live)

    def update(self, request: Request) -> Live:
        """Raises CustomResourceFailed."""
        if request.changed("ServiceToken"):
            raise CustomResourceFailed("Modifying service token is not allowed.")
        old = {"PhysicalResourceId": request.physical_id, "OldResourceProperties": _as_text(request.previous)}
        answer = self._ask(request, "Update", old)
        return _succeeded(answer, _live(answer, request.physical_id))

    def delete(self, request: Request) -> None:
        """Raises CustomResourceFailed."""
        answer = self._ask(request, "Delete", {"PhysicalResourceId": request.physical_id})
        _succeeded(answer, Live(request.physical_id))

    def stop(self) -> None:
        """Forget requests under way."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, request: Request, what: str, more: Mapping[str, Any]) -> dict[str, Any]:
        exchange = Exchange(str(uuid.uuid4()))
        properties = _as_text(request.properties)
        event = {
            "RequestType": what,
            "ResponseURL": self._answers.url(exchange.request_id),
            "StackId": request.stack_id,
            "RequestId": exchange.request_id,
            "ResourceType": request.kind,
            "LogicalResourceId": request.logical_id,
            "ServiceToken": properties["ServiceToken"],
            "ResourceProperties": properties,
            **more,
        }
        limit = float(properties.get("ServiceTimeout", _DEFAULT_SERVICE_TIMEOUT_SECONDS))
        self._pool.submit(self._run, event, exchange)
        return self._answer(exchange, limit)

    def _run(self, event: Mapping[str, Any], exchange: Exchange) -> None:
        try:
            result = self._invoke(str(event["ServiceToken"]), json.dumps(event).encode())
            exchange.failure = f"{result.error}: {result.payload.decode()}" if result.error else ""
        except Exception as error:  # noqa: BLE001  whatever it was, the one who waits for the answer must learn it
            exchange.failure = f"{type(error).__name__}: {error}"
        exchange.returned = True
        self._answers.look_again()

    def _answer(self, exchange: Exchange, limit: float) -> dict[str, Any]:
        wait, request_id = self._answers.wait, exchange.request_id
        answer = wait(request_id, limit, unless=lambda: exchange.returned)
        if answer is None and exchange.returned:
            grace = min(limit, _GRACE_SECONDS) if not exchange.failure else 0
            answer = wait(request_id, grace, unless=lambda: False)
        if answer is not None:
            return answer
        if exchange.failure:
            raise CustomResourceFailed(f"the function failed without answering: {exchange.failure}")
        raise CustomResourceFailed(
            "the function did not answer: its PUT to the ResponseURL did not come "
            + (f"within {limit:g} s" if not exchange.returned else "although it returned")
        )


def custom_resource_type(handler: CustomResource) -> ResourceType:
    """The type; ``Tags`` is a property like any other in it."""
    return ResourceType(handler, has_tags=False)


def _live(answer: Mapping[str, Any], default: str) -> Live:
    data = answer.get("Data") or {}
    return Live(str(answer.get("PhysicalResourceId") or default), dict(data))


def _succeeded(answer: Mapping[str, Any], live: Live) -> Live:
    if answer.get("Status") != "SUCCESS":
        raise CustomResourceFailed(str(answer.get("Reason") or "the function answered FAILED without a Reason"))
    return live


def _as_text(value: Any) -> Any:
    """CloudFormation hands every scalar over as text."""
    if isinstance(value, Mapping):
        return {key: _as_text(item) for key, item in value.items()}
    return [_as_text(item) for item in value] if isinstance(value, list) else text(value)

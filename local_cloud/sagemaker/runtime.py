"""Where does ``sagemaker-runtime`` answer? The runtime API and the faults' admin call, on one loopback port.

It validates no signatures: who may call is decided where the caller's credentials are.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

from local_cloud.context import LOOPBACK
from local_cloud.sagemaker.dispatcher import Dispatcher
from local_cloud.sagemaker.fault import PER_REQUEST, Fault
from local_cloud.sagemaker.invocation import Invocation
from local_cloud.sagemaker.invocation_error import MOST_BODY_BYTES, InvocationError, body_too_large
from local_cloud.sagemaker.refusal import Refused

FAULTS_PATH = "/_sluice/faults"
_PREFIX, _SUFFIX = "/endpoints/", "/invocations"
_JSON = b"application/json"
_STOP_SECONDS = 2

Headers = list[tuple[bytes, bytes]]
Response = tuple[int, Headers, bytes]


class Runtime:
    """The ASGI application.

    ``POST /endpoints/{name}/invocations`` is InvokeEndpoint. ``POST /_sluice/faults`` asks for a failure (see
    ``fault``), ``DELETE /_sluice/faults`` withdraws those of requests. There is neither streaming nor asynchronous
    inference.
    """

    def __init__(self, dispatcher: Dispatcher, inflict: Callable[[Fault], None]) -> None:
        self._dispatcher = dispatcher
        self._inflict = inflict

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        try:
            body = await _read(receive)
            status, headers, content = await self._respond(scope, body)
        except InvocationError as error:
            status, content = error.status, error.body()
            headers = [(b"content-type", _JSON), (b"x-amzn-errortype", error.code.encode())]
        headers.append((b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _respond(self, scope: Any, body: bytes) -> Response:
        path: str = scope["path"]
        method: str = scope["method"]
        if method == "POST" and path.startswith(_PREFIX) and path.endswith(_SUFFIX):
            return await self._invoke(Invocation.of(path[len(_PREFIX) : -len(_SUFFIX)], scope["headers"], body))
        if path == FAULTS_PATH and method in ("POST", "DELETE"):
            return self._change_faults(method, dict(scope["headers"]), body)
        raise InvocationError(404, "UnknownOperationException", f"There is no {method} {path} here.")

    async def _invoke(self, invocation: Invocation) -> Response:
        target, answer = await self._dispatcher.invoke(invocation)
        headers = [(b"x-amzn-invoked-production-variant", target.variant.encode())]
        if answer.content_type:
            headers.append((b"content-type", answer.content_type))
        if answer.custom_attributes:
            headers.append((b"x-amzn-sagemaker-custom-attributes", answer.custom_attributes))
        return 200, headers, bytes(answer.body)

    def _change_faults(self, method: str, headers: dict[bytes, bytes], body: bytes) -> Response:
        """Only JSON is taken: a web page cannot send it to another origin without asking first."""
        if method == "DELETE":
            self._dispatcher.faults.clear()
            return 204, [], b""
        if headers.get(b"content-type") != _JSON:
            raise InvocationError(415, "ValidationError", "Faults are asked for in application/json.")
        try:
            fault = Fault.from_dict(json.loads(body))
            if fault.kind in PER_REQUEST:
                self._dispatcher.faults.add(fault)
            else:
                self._inflict(fault)
        except (ValueError, KeyError, TypeError, Refused) as error:
            raise InvocationError(400, "ValidationError", f"Not a fault: {error!r}") from error
        return 204, [], b""


class RuntimeServer:
    """Serves the application from a thread with an event loop of its own.

    Attributes:
        url: Where, known before it starts.

    """

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.create_server((LOOPBACK, port), backlog=1024)
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, dispatcher: Dispatcher, inflict: Callable[[Fault], None]) -> None:
        """Begin to answer."""
        config = uvicorn.Config(
            Runtime(dispatcher, inflict),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        server = self._server = uvicorn.Server(config)

        async def serve() -> None:
            await server.serve(sockets=[self._socket])
            await dispatcher.close()

        def run() -> None:
            with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
                runner.run(serve())

        self._thread = threading.Thread(target=run, name="sagemaker runtime", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way for at most two seconds, then end; may be called twice or before ``start``."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()


async def _read(receive: Any) -> bytes:
    """The whole body. Raises InvocationError when it is too large, but only once the caller has sent it all."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return _checked(body)
    buffer = bytearray(body)
    while message.get("more_body"):
        message = await receive()
        if len(buffer) <= MOST_BODY_BYTES:
            buffer += message.get("body", b"")
    return _checked(bytes(buffer))


def _checked(body: bytes) -> bytes:
    if len(body) > MOST_BODY_BYTES:
        raise body_too_large()
    return body

"""How does one worker process take events and hand back answers: the Lambda Runtime API over one socket.

A worker handles one event at a time, so the thread that invokes it talks to it directly: no server, no queue between
threads, nothing polled. Routes: "Using the Lambda runtime API" in the Lambda developer guide.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from local_cloud.context import LOOPBACK

_ACCEPT_SECONDS = 0.01
_SEND_SECONDS = 5.0
_CHUNK = 65_536


class WorkerGone(Exception):
    """The process at the other end has ended."""


class Call(Enum):
    """What a worker can ask of the Runtime API."""

    NEXT = auto()
    RESPONSE = auto()
    ERROR = auto()
    INIT_ERROR = auto()
    RESTORE_NEXT = auto()


_CALLS = {
    "invocation/next": Call.NEXT,
    "response": Call.RESPONSE,
    "error": Call.ERROR,
    "init/error": Call.INIT_ERROR,
    "restore/next": Call.RESTORE_NEXT,
    "restore/error": Call.INIT_ERROR,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the worker and the bytes it sent along."""

    call: Call
    body: bytes


class RuntimeApi:
    """The service's end of the conversation with one worker; used by one thread at a time.

    Attributes:
        address: ``host:port`` for AWS_LAMBDA_RUNTIME_API.

    """

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(_ACCEPT_SECONDS)
        self._connection: socket.socket | None = None
        self._received = bytearray()
        self.address = f"{LOOPBACK}:{self._listener.getsockname()[1]}"

    def receive(self, *, deadline: float, is_running: Callable[[], bool]) -> Request:
        """The worker's next call.

        Raises:
            TimeoutError: Nothing complete came before ``deadline`` (of ``time.monotonic()``).
            WorkerGone: The process ended first.

        """
        while True:
            connection = self._connection or self._accept(deadline, is_running)
            try:
                if (request := self._read(connection, deadline)) is not None:
                    return request
            except ConnectionError:
                pass
            self._hang_up()

    def send_event(self, headers: Mapping[str, str], payload: bytes) -> None:
        """Answer the worker's NEXT with an event."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{lines}Content-Length: {len(payload)}\r\n\r\n"
        self._send(head.encode("latin-1") + payload)

    def acknowledge(self, status: str = "202 Accepted") -> None:
        """Answer any other call."""
        body = '{"status":"OK"}'
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._send((head + body).encode())

    def close(self) -> None:
        """Stop listening and hang up."""
        self._hang_up()
        self._listener.close()

    def _accept(self, deadline: float, is_running: Callable[[], bool]) -> socket.socket:
        while True:
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connection = connection
                return connection
            if not is_running():
                raise WorkerGone
            if time.monotonic() >= deadline:
                raise TimeoutError

    def _read(self, connection: socket.socket, deadline: float) -> Request | None:
        """One whole request, or None when the worker closed this connection."""
        received = self._received
        while (end := received.find(b"\r\n\r\n")) < 0:
            if not self._fill(connection, deadline):
                return None
        request_line, *lines = received[:end].decode("latin-1").split("\r\n")
        size = _content_length(lines)
        while len(received) < end + 4 + size:
            if not self._fill(connection, deadline):
                return None
        body = bytes(received[end + 4 : end + 4 + size])
        del received[: end + 4 + size]
        return Request(_call(request_line), body)

    def _fill(self, connection: socket.socket, deadline: float) -> bool:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        chunk = connection.recv(_CHUNK)
        self._received += chunk
        return bool(chunk)

    def _send(self, data: bytes) -> None:
        """A worker that is gone or stuck shows itself at the next ``receive``."""
        if self._connection is not None:
            self._connection.settimeout(_SEND_SECONDS)
            with contextlib.suppress(ConnectionError, TimeoutError):
                self._connection.sendall(data)

    def _hang_up(self) -> None:
        self._received.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _content_length(lines: list[str]) -> int:
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


def _call(request_line: str) -> Call:
    """From ``POST /2018-06-01/runtime/invocation/ID/response HTTP/1.1``."""
    *_, parent, last = request_line.split(" ")[1].split("/")
    return _CALLS.get(f"{parent}/{last}") or _CALLS[last]

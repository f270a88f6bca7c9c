"""The other side of a wire: an HTTP server of this machine that answers as scripted and keeps what it was asked."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Self


@dataclass(frozen=True, slots=True)
class Reply:
    """What a loopback server does: answer, or (``status`` 0) close the connection, or (-1) say nothing.

    With ``drip_seconds``, the body comes byte by byte, with so long a wait before each.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drip_seconds: float = 0


HANGS_UP = Reply(0)
SAYS_NOTHING = Reply(-1)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that reached a loopback server, from a client's port."""

    client: int
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

    def _write(self, connection: BufferedIOBase, reply: Reply) -> None:
        if not reply.drip_seconds:
            connection.write(reply.body)
            return
        with suppress(ConnectionError):  # the client need not wait for it all
            for byte in reply.body:
                self._closing.wait(reply.drip_seconds)
                connection.write(bytes([byte]))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                reply = server._next(Seen(self.client_address[1], self.command, self.path, dict(self.headers), body))
                if reply == SAYS_NOTHING:
                    server._closing.wait()
                if reply.status <= 0:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                server._write(self.wfile, reply)

            do_GET = do_POST = do_PUT = answer  # noqa: N815  http.server finds them by these names

            def log_message(self, *_: object) -> None:
                """Tests read ``seen`` instead."""

        return Handler

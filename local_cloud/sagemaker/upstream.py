"""How does a request reach a model process with as little work as possible?

A small HTTP/1.1 client over pooled keep-alive connections: one parser per connection, bodies passed on untouched.
"""

import asyncio
from collections import defaultdict
from typing import cast

from httptools import HttpParserError, HttpResponseParser

from local_cloud.context import LOOPBACK

_IDLE_SECONDS = 2.0  # below any server's own keep-alive, so that a server never closes what we are about to use


class Unreachable(Exception):
    """Nobody listens: the request was not sent."""


class Broken(Exception):
    """The connection ended, or made no sense, before there was a whole answer: the model may have run."""


class Answer:
    """What a process answered: status, the headers a caller may see, body."""

    __slots__ = ("body", "content_type", "custom_attributes", "status")

    def __init__(self) -> None:
        self.status = 0
        self.content_type = b""
        self.custom_attributes = b""
        self.body = bytearray()


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._answer = Answer()
        self._done: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None
        self.freed_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it can carry another request."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, head: bytes, body: bytes) -> Answer:
        """Send one request and wait for its whole answer. Raises Broken."""
        if self._transport is None:
            raise Broken
        self._answer = Answer()
        self._done = asyncio.get_running_loop().create_future()
        self._transport.writelines((head, body))
        return await self._done

    def close(self) -> None:
        """End it now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The event loop opened it."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _reason: Exception | None) -> None:
        """It ended, by whomever."""
        self._transport = None
        self._fail()

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer."""
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the two headers a caller of SageMaker gets to see."""
        lowered = name.lower()
        if lowered == b"content-type":
            self._answer.content_type = value
        elif lowered == b"x-amzn-sagemaker-custom-attributes":
            self._answer.custom_attributes = value

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._answer.body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self._answer.status = self._parser.get_status_code()
        if not self._parser.should_keep_alive() and self._transport is not None:
            self._transport.close()
        if self._done is not None and not self._done.done():
            self._done.set_result(self._answer)

    def _fail(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(Broken())


class Upstreams:
    """The connections to all model processes, pooled by port. Belongs to one event loop."""

    def __init__(self) -> None:
        self._idle: defaultdict[int, list[Connection]] = defaultdict(list)

    async def post(self, port: int, head: bytes, body: bytes, *, within_seconds: float) -> Answer:
        """One request. Raises Unreachable, Broken, or TimeoutError after ``within_seconds``."""
        connection = self._take(port) or await self._open(port)
        try:
            async with asyncio.timeout(within_seconds):
                answer = await connection.exchange(head, body)
        except BaseException:
            connection.close()
            raise
        if connection.is_open:
            connection.freed_at = asyncio.get_running_loop().time()
            self._idle[port].append(connection)
        return answer

    def close(self) -> None:
        """End all idle connections."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def _take(self, port: int) -> Connection | None:
        idle = self._idle[port]
        oldest = asyncio.get_running_loop().time() - _IDLE_SECONDS
        while idle:
            connection = idle.pop()
            if connection.is_open and connection.freed_at > oldest:
                return connection
            connection.close()
        return None

    async def _open(self, port: int) -> Connection:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(Connection, LOOPBACK, port)
        except OSError as error:
            raise Unreachable from error
        return connection

"""How do the hosts of one training job work together? The first answers, the others ask, by one line of JSON each."""

import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

from model_container.training_job import CannotTrain, TrainingJob

Message = Mapping[str, Any]
_LEAVES = "leaves"
_LONGEST_LINE = 1 << 20
_PATIENCE_SECONDS = 300.0  # hosts of one job do not start in the same second
_ANSWER_SECONDS = 60.0
_PAUSE_SECONDS = 0.1


class Lead:
    """The first host: while it is entered, others are answered; it is left once all of them have left."""

    def __init__(self, job: TrainingJob, answer: Callable[[Message], Message]) -> None:
        """``answer`` is called for one question at a time."""
        self._missing = set(job.hosts) - {job.current_host}
        self._changed = threading.Condition()
        self._answer = answer
        self._server = _Server(job.lead_address, self._reply) if self._missing else None

    def __enter__(self) -> Self:
        if self._server is not None:
            serve = self._server.serve_forever
            threading.Thread(target=serve, args=(_PAUSE_SECONDS,), name="lead", daemon=True).start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._server is None:
            return
        try:
            if error is None:
                self._await_the_others()
        finally:
            self._server.shutdown()
            self._server.server_close()

    def _await_the_others(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: not self._missing, _PATIENCE_SECONDS):
                raise CannotTrain(f"waited {_PATIENCE_SECONDS:g} s for {', '.join(sorted(self._missing))} to end")

    def _reply(self, message: Message) -> Message:
        with self._changed:
            if _LEAVES not in message:
                return self._answer(message)
            self._missing.discard(message[_LEAVES])
            self._changed.notify_all()
            return {}


class Follower:
    """Any other host: asks while it is entered, and tells the first when it is done."""

    def __init__(self, job: TrainingJob) -> None:
        self._job = job

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            self.ask({_LEAVES: self._job.current_host})

    def ask(self, message: Message) -> dict[str, Any]:
        """The first host's answer, waiting until it has started. Raises CannotTrain when it cannot be reached."""
        try:
            with _connected(self._job.lead_address) as connection, connection.makefile("rwb") as stream:
                stream.write(json.dumps(message).encode() + b"\n")
                stream.flush()
                answer: dict[str, Any] = json.loads(stream.readline(_LONGEST_LINE))
                return answer
        except (OSError, ValueError) as error:
            raise CannotTrain(f"{self._job.current_host} cannot reach {self._job.hosts[0]}: {error}") from error


def _connected(address: tuple[str, int]) -> socket.socket:
    """Raises OSError when nobody listens there for too long."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError, socket.gaierror):
            return socket.create_connection(address, timeout=_ANSWER_SECONDS)
        time.sleep(_PAUSE_SECONDS)
    return socket.create_connection(address, timeout=_ANSWER_SECONDS)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], reply: Callable[[Message], Message]) -> None:
        super().__init__(address, _Line)
        self.reply = reply


class _Line(socketserver.StreamRequestHandler):
    server: _Server
    timeout = _ANSWER_SECONDS

    def handle(self) -> None:
        line = self.rfile.readline(_LONGEST_LINE)
        self.wfile.write(json.dumps(self.server.reply(json.loads(line))).encode() + b"\n")

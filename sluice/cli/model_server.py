"""Who serves a model directory on this machine for a while? The model container, as a process of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import urllib3

from sluice.cli.target import UsageProblem
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import Message

_NEEDED = ("model_container", "onnxruntime", "uvicorn")
_LOOPBACK = "127.0.0.1"
_START_SECONDS = 120.0
_STOP_SECONDS = 10.0
_ANSWER_SECONDS = 60.0
_POLL_SECONDS = 0.05
_JSON = "application/json"
_TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A model container that answers on this machine.

    Attributes:
        name: Of what it serves, for messages.
        pool: Connections to it.

    """

    name: str
    pool: urllib3.HTTPConnectionPool

    def answer(self, request: Message, *, inference_id: str) -> Message:
        """Ask it once. Raises InvocationFailed."""
        headers = {"Content-Type": request.content_type, "Accept": _JSON, "X-Amzn-SageMaker-Inference-Id": inference_id}
        try:
            found = self.pool.request("POST", "/invocations", body=request.body, headers=headers)
        except urllib3.exceptions.HTTPError as broken:
            raise InvocationFailed(variant=self.name, code="ConnectionFailed", message=str(broken)) from broken
        if found.status != HTTPStatus.OK:
            message = f"{found.status}: {_detail(found.data)}"
            raise InvocationFailed(variant=self.name, code="ModelError", message=message, model_status=found.status)
        return Message(found.data, found.headers.get("Content-Type", _JSON))


@contextmanager
def serving(directory: Path, name: str) -> Iterator[ModelServer]:
    """Start a container on a free port, and stop it at the end. Raises UsageProblem when it does not start."""
    missing = [module for module in _NEEDED if find_spec(module) is None]
    if missing:
        raise UsageProblem(
            f"serving a model here takes {', '.join(missing)}: run in Sluice's repository, or replay --to a variant"
        )
    command = [sys.executable, "-m", "model_container", "serve", "--allow-cpu", "--port", "0"]
    with NamedTemporaryFile() as log, unwound_by_sigterm():
        process = subprocess.Popen(  # noqa: S603  ours
            [*command, "--host", _LOOPBACK, "--model-dir", str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            pool = urllib3.HTTPConnectionPool(
                _LOOPBACK, _port(process, Path(log.name)), timeout=_ANSWER_SECONDS, retries=False
            )
            _wait_until_ready(process, pool, Path(log.name))
            yield ModelServer(name, pool)
        finally:
            _stop(process)


@contextmanager
def unwound_by_sigterm() -> Iterator[None]:
    """SIGTERM would end us at once, and leave behind what was started."""

    def unwind(*_: object) -> None:
        raise SystemExit(_TERMINATED)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """Where it listens, by its own words: a port that was free a moment ago may not be any more."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_bytes().splitlines(keepends=True):
            if b'"server.listening"' in line and line.endswith(b"\n"):
                return int(json.loads(line)["port"])
        time.sleep(_POLL_SECONDS)
    raise _did_not_start(log)


def _wait_until_ready(process: "subprocess.Popen[bytes]", pool: urllib3.HTTPConnectionPool, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if pool.request("GET", "/ping").status == HTTPStatus.OK:
                return
        except urllib3.exceptions.HTTPError:
            pass  # it is giving up: its log says why
        time.sleep(_POLL_SECONDS)
    raise _did_not_start(log)


def _did_not_start(log: Path) -> UsageProblem:
    """With the container's own words."""
    own = "model_container: "
    said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    why = next((line.removeprefix(own) for line in said if line.startswith(own)), said[-1] if said else "it is silent")
    return UsageProblem(f"the model cannot be served here: {why}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _detail(body: bytes) -> Any:
    """What a problem says, or whatever stands in its place."""
    try:
        return json.loads(body)["detail"]
    except (ValueError, LookupError, TypeError):
        return body[:200].decode(errors="replace")

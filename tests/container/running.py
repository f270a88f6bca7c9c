"""A container process, as SageMaker would start it, and how to talk to it."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.processes import Child, free_port

READY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Container:
    child: Child
    port: int
    log: Path

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def invoke(self, body: Any, content_type: str = "application/json", accept: str = "*/*") -> Reply:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "/invocations", sent, {"Content-Type": content_type, "Accept": accept})

    def infer(self, model: str, body: Any) -> Reply:
        return self.ask("POST", f"/v2/models/{model}/infer", json.dumps(body))

    def events(self) -> list[dict[str, Any]]:
        """Every line of the log, each of which must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def wait_for_exit(self) -> int | None:
        deadline = time.monotonic() + READY_SECONDS
        while self.child.is_running and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.child.exit_code


def command(model_directory: Path, port: int) -> list[str]:
    serve = [sys.executable, "-m", "model_container", "serve"]
    return [*serve, "--model-dir", str(model_directory), "--port", str(port)]


@contextmanager
def a_started_container(model_directory: Path, log: Path) -> Iterator[Container]:
    """A process that may still be loading; stopped at the end."""
    port = free_port()
    child = Child(command(model_directory, port), environment=os.environ, log=log)
    try:
        yield Container(child, port, log)
    finally:
        child.stop()


@contextmanager
def a_container(model_directory: Path, log: Path) -> Iterator[Container]:
    """A process that is ready; stopped at the end."""
    with a_started_container(model_directory, log) as container:
        wait_until_ready(container)
        yield container


def wait_until_ready(container: Container) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and container.child.is_running:
        try:
            if container.ask("GET", "/ping").status == 200:
                return
        except ConnectionError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"the container is not ready: {container.log.read_text()}")


def run_to_its_end(arguments: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "model_container", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=READY_SECONDS,
        env={**os.environ, **environment},
    )

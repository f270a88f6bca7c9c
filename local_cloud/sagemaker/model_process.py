"""How does one variant keep a model process running: started, healthy, replaced when it dies?

However many instances a variant counts, the local cloud runs one process for it.
"""

import contextlib
import http.client
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.context import LOOPBACK, REGION
from local_cloud.processes import Child, free_port
from local_cloud.sagemaker.artifact import ArtifactUnavailable, Container, fetch

SERVE = (sys.executable, "-m", "model_container", "serve")
CHECKOUT = Path(__file__).resolve().parents[2]

_POLL_SECONDS = 0.05
_PING_SECONDS = 2.0  # /ping must answer 200 within 2 s (aws-facts A13)
_CHECK_SECONDS = 5.0
_MOST_MISSED_PINGS = 3
_MOST_FAILED_STARTS = 3  # if it never was healthy; AWS takes about 24 min to say so (aws-facts A4, COMM)
_FIRST_BACKOFF_SECONDS = 0.25
_LONGEST_BACKOFF_SECONDS = 10.0
_STOP_GRACE_SECONDS = 10.0  # SageMaker gives 30 s (aws-facts A13)
_log = logging.getLogger(__name__)
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Spec:
    """What a process is started from.

    Attributes:
        container: Finds the model's environment and files; raises ArtifactUnavailable when there is no such model.
        folder: Where its files are put; removed at the end.
        log: Where its output goes; kept.
        startup_seconds: How long /ping may take to pass; real seconds, because the process is real.
        command: The program, which is given ``--model-dir DIR --port P``.

    """

    container: Callable[[], Container]
    folder: Path
    log: Path
    startup_seconds: float
    command: Sequence[str] = SERVE


class ModelProcess:
    """A supervised process. Its own thread alone starts and stops it."""

    def __init__(self, spec: Spec, s3: Any, *, ready: Callable[[], None], failed: Callable[[str], None]) -> None:
        self._spec = spec
        self._s3 = s3
        self._ready = ready
        self._failed = failed
        self._stopping = threading.Event()
        self._child: Child | None = None
        self._thread = threading.Thread(target=self._run, name=f"model {spec.folder.name}", daemon=True)
        self.port: int | None = None
        """Where it answers; None while it does not."""

    def start(self) -> None:
        """Begin. From its thread it calls ``ready`` each time it is healthy, or ``failed`` once and gives up.

        It gives up only if it never was healthy; later it is replaced for as long as it takes.
        """
        self._thread.start()

    def crash(self) -> None:
        """SIGKILL the process, as a fault; it is replaced like any other that dies."""
        if self._child is not None:
            self._child.kill()

    def begin_stop(self) -> None:
        """Ask it to end: no more requests, SIGTERM, later SIGKILL. Returns at once."""
        self.port = None
        self._stopping.set()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for."""
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait until it is gone, after ``begin_stop``."""
        self._thread.join()

    def _run(self) -> None:
        try:
            container = self._spec.container()
            self._spec.folder.mkdir(parents=True)
            fetch(container, self._spec.folder, self._s3)
            self._keep_serving(container_environment(container.environment))
        except ArtifactUnavailable as error:
            self._give_up(str(error))
        except Exception as error:  # noqa: BLE001  the outermost edge: the endpoint must not wait for ever
            _log.exception("%s ended", self._thread.name)
            self._give_up(f"The model could not be started: {error}")
        finally:
            shutil.rmtree(self._spec.folder, ignore_errors=True)

    def _keep_serving(self, environment: Mapping[str, str]) -> None:
        was_healthy, failures = False, 0
        while not self._stopping.is_set():
            is_healthy = self._serve_once(environment)
            was_healthy = was_healthy or is_healthy
            failures = 0 if is_healthy else failures + 1
            if failures >= _MOST_FAILED_STARTS and not was_healthy:
                self._give_up("The primary container did not pass the ping health check. Please check its log.")
                return
            self._stopping.wait(min(_FIRST_BACKOFF_SECONDS * 2**failures, _LONGEST_BACKOFF_SECONDS))

    def _give_up(self, reason: str) -> None:
        if not self._stopping.is_set():
            self._failed(reason)

    def _serve_once(self, environment: Mapping[str, str]) -> bool:
        """One life of the process, from start to death or stop; whether it ever was healthy."""
        port = free_port()
        child = self._child = Child(
            [*self._spec.command, "--model-dir", str(self._spec.folder), "--port", str(port)],
            environment=environment,
            log=self._spec.log,
            cwd=CHECKOUT,
        )
        try:
            if not self._becomes_healthy(child, port):
                return False
            self.port = port
            self._ready()
            self._watch(child, port)
            return True
        finally:
            self.port = None
            child.stop(grace_seconds=_STOP_GRACE_SECONDS)

    def _becomes_healthy(self, child: Child, port: int) -> bool:
        deadline = time.monotonic() + self._spec.startup_seconds
        while child.is_running and time.monotonic() < deadline:
            if _answers_ping(port):
                return True
            if self._stopping.wait(_POLL_SECONDS):
                return False
        return False

    def _watch(self, child: Child, port: int) -> None:
        """Returns when the process should be stopped: it died, it misses pings, or we are stopping."""
        missed, checked = 0, time.monotonic()
        while child.is_running and missed < _MOST_MISSED_PINGS and not self._stopping.wait(_POLL_SECONDS):
            if time.monotonic() - checked >= _CHECK_SECONDS:
                missed = 0 if _answers_ping(port) else missed + 1
                checked = time.monotonic()


def _answers_ping(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PING_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/ping")
        return connection.getresponse().status == http.client.OK
    return False


def container_environment(declared: Mapping[str, str]) -> dict[str, str]:
    """Every variable of a container's process: what it takes to run this Python at all, and what was declared."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled"}
    return {**inherited, **region, "PYTHONUNBUFFERED": "1", **declared}

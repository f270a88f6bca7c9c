"""How does one worker live: started from the deployed code, one event at a time, killed when it takes too long?"""

import contextlib
import os
import secrets
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_cloud.functions.configuration import FunctionConfiguration
from local_cloud.functions.environment import worker_environment
from local_cloud.functions.invocation import (
    RESPONSE_LIMIT_BYTES,
    UNHANDLED,
    Invocation,
    exited,
    timed_out,
    too_large,
)
from local_cloud.functions.logs import Report, WorkerLog
from local_cloud.functions.runtime_api import Call, RuntimeApi, WorkerGone
from local_cloud.processes import Child

#: Lambda gives a start ten seconds and, when that was not enough, once more the function's timeout.
_INIT_SECONDS = 10.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_BOOTSTRAP = str(Path(__file__).with_name("bootstrap.py"))


class SandboxGone(Exception):
    """The worker ended while it was idle; the event was not handed over."""


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything a worker of some function is started with.

    Attributes:
        task_root: Folder of the unpacked zip.
        credentials: Of the assumed role, as environment variables.
        endpoints: Where the local AWS answers, as environment variables.
        guard: JSON file with what the role may do, for the bootstrap.
        logs: Folder for the workers' log files.
        clock: The local cloud's speed, start and origin for the bootstrap; empty where it keeps the wall's time.

    """

    configuration: FunctionConfiguration
    task_root: Path
    credentials: dict[str, str]
    endpoints: dict[str, str]
    guard: Path
    logs: Path
    clock: tuple[float, ...] = ()


class Sandbox:
    """A worker process and the conversation with it; used by one thread at a time.

    Attributes:
        log: Its log, to be shipped.

    """

    def __init__(self, launch: Launch, *, observe: Callable[[Report], None]) -> None:
        """`observe` is told of each invocation, on the invoking thread: it must be quick."""
        self._configuration = launch.configuration
        self._api = RuntimeApi()
        self.log = WorkerLog(launch.configuration, folder=launch.logs, worker_id=secrets.token_hex(16))
        self.log.write(f"INIT_START Runtime Version: {launch.configuration.runtime}\n")
        self._started = time.monotonic()
        self._is_initialized = False
        self._used_mb = 0
        self._observe = observe
        self._child = Child(
            _command(launch),
            environment=worker_environment(
                launch.configuration,
                task_root=str(launch.task_root),
                runtime_api=self._api.address,
                log_stream=self.log.stream,
                credentials=launch.credentials,
                endpoints=launch.endpoints,
            ),
            log=self.log.path,
            cwd=launch.task_root,
        )

    @property
    def is_running(self) -> bool:
        """Whether it can take another event."""
        return self._child.is_running

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._child.pid

    def invoke(self, payload: bytes, *, arn: str) -> Invocation:
        """Hand over one event and wait for what becomes of it.

        Raises:
            SandboxGone: It ended since its last event; try another one.

        """
        request_id = str(uuid.uuid4())
        init_ms = None
        if self._is_initialized:
            self._await_idle()
        else:
            failure = self._initialize(request_id)
            init_ms = (time.monotonic() - self._started) * 1000
            if failure is not None:
                self._report(Report(request_id, 0.0, self._used_mb, init_ms, "error"))
                return failure
        self.log.start(request_id)
        started = time.monotonic()
        invocation, status = self._exchange(request_id, payload, arn)
        duration_ms = (time.monotonic() - started) * 1000
        self._used_mb = max(self._used_mb, _resident_mb(self.pid))
        self._report(Report(request_id, duration_ms, self._used_mb, init_ms, status))
        return invocation

    def kill(self) -> None:
        """End the process at once, whatever it is doing; may be called from another thread."""
        self._child.kill()

    def close(self) -> None:
        """Kill it and let go of its files; only when no event is on its way."""
        self._child.kill()
        self._api.close()
        self.log.close()

    def _initialize(self, request_id: str) -> Invocation | None:
        """Wait until the handler is imported; an invocation when that failed."""
        seconds = _INIT_SECONDS + self._configuration.timeout_seconds
        try:
            while True:
                request = self._api.receive(deadline=self._started + seconds, is_running=self._runs)
                if request.call is Call.NEXT:
                    self._is_initialized = True
                    return None
                self._api.acknowledge("200 OK" if request.call is Call.RESTORE_NEXT else "202 Accepted")
                if request.call is Call.INIT_ERROR:
                    self._child.kill()
                    return Invocation(request.body, UNHANDLED)
        except TimeoutError:
            self._child.kill()
            return timed_out(request_id, seconds)
        except WorkerGone:
            return exited(request_id, self._child.exit_code)

    def _await_idle(self) -> None:
        """After its last answer the worker asked for the next event, or has ended."""
        deadline = time.monotonic() + self._configuration.timeout_seconds
        try:
            self._api.receive(deadline=deadline, is_running=self._runs)
        except (WorkerGone, TimeoutError) as gone:
            self._child.kill()  # what hangs after its answer will not take another event
            raise SandboxGone from gone
        if not self._runs():
            raise SandboxGone

    def _exchange(self, request_id: str, payload: bytes, arn: str) -> tuple[Invocation, str]:
        seconds = self._configuration.timeout_seconds
        deadline = time.monotonic() + seconds
        try:
            self._api.send_event(_headers(request_id, arn, seconds), payload)
            request = self._api.receive(deadline=deadline, is_running=self._runs)
        except TimeoutError:
            self._child.kill()
            self.log.write(f"{request_id} Task timed out after {seconds:.2f} seconds\n\n")
            return timed_out(request_id, seconds), "timeout"
        except WorkerGone:
            invocation = exited(request_id, self._child.exit_code)
            self.log.write(f"{request_id} Runtime.ExitError\n")
            return invocation, "error"
        if len(request.body) > RESPONSE_LIMIT_BYTES:
            self._api.acknowledge("413 Request Entity Too Large")
            return too_large(), "error"
        self._api.acknowledge()
        if request.call is Call.RESPONSE:
            return Invocation(request.body), "success"
        return Invocation(request.body, UNHANDLED), "error"

    def _runs(self) -> bool:
        return self._child.is_running

    def _report(self, report: Report) -> None:
        self.log.end(report)
        self._observe(report)


def _command(launch: Launch) -> Sequence[str]:
    clock = map(repr, launch.clock)
    return [sys.executable, "-P", _BOOTSTRAP, launch.configuration.handler, str(launch.guard), *clock]


def _headers(request_id: str, arn: str, seconds: float) -> dict[str, str]:
    now = time.time()
    return {
        "Lambda-Runtime-Aws-Request-Id": request_id,
        "Lambda-Runtime-Deadline-Ms": str(int((now + seconds) * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": arn,
        "Lambda-Runtime-Trace-Id": f"Root=1-{int(now):08x}-{secrets.token_hex(12)};Sampled=0",
    }


def _resident_mb(pid: int) -> int:
    """What the process holds in memory now; 0 where that cannot be told."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/statm", "rb") as statm:  # noqa: PTH123  on the hot path
        return int(statm.read().split()[1]) * _PAGE_BYTES // 1_048_576
    return 0

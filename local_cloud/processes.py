"""Children that never outlive us: each in its own group, logged to a file, stopped when the cloud stops."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from local_cloud.context import LOOPBACK


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class Watchdog:
    """A process that kills our children's groups when we die without stopping them, even by SIGKILL.

    It reads ``+GROUP`` and ``-GROUP`` lines from a pipe; the pipe's end is the sign that we are gone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def watch(self, group: int) -> None:
        """From now on, kill this group should we vanish."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """A group that was stopped in an orderly way."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process is None:
                atexit.register(self._end)
                command = [sys.executable, "-I", str(Path(__file__).with_name("watchdog.py"))]
                self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603  ours
            pipe = self._process.stdin
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.write(line.encode())
                    pipe.flush()

    def _end(self) -> None:
        """At our orderly end: whatever is left is killed now."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()


_WATCHDOG = Watchdog()


class Child:
    """One process of the local cloud.

    It leads its own group, so that stopping it stops what it started too.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, cwd: Path | None = None
    ) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  our own programs
                command,
                env=dict(environment),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _WATCHDOG.watch(self._process.pid)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The exit status once it has ended; minus the signal's number when a signal ended it."""
        return self._process.poll()

    def stop(self, *, grace_seconds: float = 5.0) -> None:
        """SIGTERM, then after ``grace_seconds`` SIGKILL, to the whole group; returns when it is gone."""
        if self.is_running:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole group, at once."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        _WATCHDOG.forget(self._process.pid)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

"""Children that never outlive us: started in their own group, logged to a file, stopped when the cloud stops."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local_cloud.context import LOOPBACK

_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class Child:
    """One process of the local cloud.

    It leads its own group, so that stopping it stops what it started, and (on Linux) is killed by the kernel
    when the thread that started it dies with us, so that not even a SIGKILL of the cloud leaves it behind.
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
                preexec_fn=_die_with_parent(),
            )

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

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _die_with_parent() -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask_the_kernel

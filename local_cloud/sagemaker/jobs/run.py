"""How does one job run, from its first download to its last upload? In a thread of its own."""

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from local_cloud.context import LOOPBACK
from local_cloud.processes import free_port
from local_cloud.sagemaker.jobs.host import Host
from local_cloud.sagemaker.jobs.job import MOST_REASON, Phase
from local_cloud.sagemaker.jobs.storage import Storage
from local_cloud.sagemaker.jobs.work import JobFailed, Work

STOP_SECONDS = 120.0  # from SIGTERM to SIGKILL (aws-facts A13)
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."
_POLL_SECONDS = 0.05
_KEEP_SECONDS = 0.5
_log = logging.getLogger(__name__)


class _End(Enum):
    """How the programs came to their end."""

    DONE = auto()
    FAILED = auto()
    STOPPED = auto()
    TIMED_OUT = auto()
    INTERRUPTED = auto()
    LOST = auto()
    WAITED = auto()


_LASTS = {_End.DONE: Phase.COMPLETED, _End.STOPPED: Phase.STOPPED, _End.TIMED_OUT: Phase.MAX_RUNTIME}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of the run as it goes on.

    Attributes:
        enter: It enters a phase, and why if that is a failure.
        delivered: Its artifacts were uploaded.
        said: What a processing job left in ``output/message``.

    """

    enter: Callable[[Phase, str], None]
    delivered: Callable[[], None]
    said: Callable[[str], None]


class Run:
    """One job's processes. Its own thread alone starts them."""

    def __init__(
        self, work: Work, storage: Storage, told: Told, *, folder: Path, logs: Path, stop_seconds: float
    ) -> None:
        self._work, self._storage, self._told, self._folder = work, storage, told, folder
        self._hosts = [Host(work, n, folder / name, logs / f"{name}.log") for n, name in enumerate(work.hosts)]
        self._befallen: _End | None = None
        self._back_in_seconds = 0.0
        self._reason = ""
        self._is_abandoned = threading.Event()
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"job {folder.name}", daemon=True)
        self._stop_seconds = stop_seconds

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end in an orderly way; returns at once."""
        self._is_ending.set()

    def lose(self) -> None:
        """Its instances are lost through a fault of the service."""
        self._befallen = self._befallen or _End.LOST

    def interrupt(self, back_in_seconds: float) -> None:
        """Its spot instances are taken away; others come after so many seconds of the wall."""
        self._back_in_seconds = back_in_seconds
        self._befallen = self._befallen or _End.INTERRUPTED

    def abandon(self) -> None:
        """The cloud ends: kill what runs, upload nothing. Returns at once."""
        self._is_abandoned.set()
        self._is_ending.set()
        self._kill()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for."""
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait until nothing is left of it."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._carry_out()
        except JobFailed as error:
            self._told.enter(Phase.FAILED, f"ClientError: {error}")
        except Exception:  # noqa: BLE001  the outermost edge: the job must not seem to run for ever
            _log.exception("%s ended", self._thread.name)
            self._told.enter(Phase.FAILED, INTERNAL_ERROR)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._storage.close()

    def _carry_out(self) -> None:
        deadline = None if self._work.wait_seconds is None else time.monotonic() + self._work.wait_seconds
        end, attempts = self._attempt(deadline), 1
        while not self._is_abandoned.is_set():
            self._befallen = None
            if end is _End.INTERRUPTED:
                self._told.enter(Phase.INTERRUPTED, "")
                end = self._wait_for_capacity(deadline) or self._attempt(deadline)
            elif end is _End.LOST and attempts < self._work.attempts:
                attempts += 1
                self._told.enter(Phase.RESTARTING, "")
                end = self._attempt(deadline)
            else:
                break
        if not self._is_abandoned.is_set():
            self._finish(end)

    def _wait_for_capacity(self, deadline: float | None) -> _End | None:
        """Why the job ends meanwhile; None when it goes on."""
        left = self._back_in_seconds if deadline is None else min(self._back_in_seconds, deadline - time.monotonic())
        if self._is_ending.wait(max(left, 0.0)):
            return _End.STOPPED
        return _End.WAITED if deadline is not None and time.monotonic() >= deadline else None

    def _attempt(self, deadline: float | None) -> _End:
        """One life of the programs."""
        self._told.enter(Phase.STARTING, "")
        self._told.enter(Phase.DOWNLOADING, "")
        for host in self._hosts:
            host.prepare(self._storage)
        if self._is_ending.is_set():
            return _End.STOPPED
        self._told.enter(Phase.TRAINING, "")
        lead = f"{LOOPBACK}:{free_port()}"
        for host in self._hosts:
            host.start(lead)
        try:
            end = self._watch(time.monotonic() + self._work.runtime_seconds, deadline)
            if end not in (_End.INTERRUPTED, _End.LOST) and not self._is_abandoned.is_set():
                self._end_programs()
            return end
        finally:
            self._kill()

    def _watch(self, runs_until: float, deadline: float | None) -> _End:
        """Returns when the programs have ended or must."""
        kept = time.monotonic()
        while (end := self._end(runs_until, deadline)) is None:
            if time.monotonic() - kept >= _KEEP_SECONDS:
                self._keep()
                kept = time.monotonic()
            self._is_ending.wait(_POLL_SECONDS)
        return end

    def _end(self, runs_until: float, deadline: float | None) -> _End | None:
        """How the programs have ended or why they must; None while they go on."""
        codes = [host.child.exit_code if host.child else None for host in self._hosts]
        if any(codes):
            self._reason = _reason(next(host for host, code in zip(self._hosts, codes, strict=True) if code))
            return _End.FAILED
        if self._is_ending.is_set():
            return _End.STOPPED
        if all(code == 0 for code in codes):
            return _End.DONE
        return self._befallen or _overdue(runs_until, deadline)

    def _keep(self) -> None:
        for host in self._hosts:
            host.keep(self._storage)

    def _finish(self, end: _End) -> None:
        if message := self._hosts[0].said("message"):
            self._told.said(message[:MOST_REASON])
        if end is _End.FAILED:
            self._keep()
            self._told.enter(Phase.FAILED, self._reason)
        elif end is _End.LOST:
            self._told.enter(Phase.FAILED, INTERNAL_ERROR)
        elif end is _End.WAITED:
            self._told.enter(Phase.MAX_WAIT, "")
        else:
            if all(host.child for host in self._hosts):
                self._deliver()
            self._told.enter(_LASTS[end], "")

    def _deliver(self) -> None:
        self._told.enter(Phase.UPLOADING, "")
        for host in self._hosts:
            host.deliver(self._storage)
        self._told.delivered()

    def _end_programs(self) -> None:
        """SIGTERM to all at once, later SIGKILL."""
        children = [host.child for host in self._hosts if host.child]
        with ThreadPoolExecutor(len(children)) as threads:
            list(threads.map(lambda child: child.stop(grace_seconds=self._stop_seconds), children))

    def _kill(self) -> None:
        for host in self._hosts:
            if host.child is not None:
                with contextlib.suppress(OSError):
                    host.child.kill()


def _overdue(runs_until: float, deadline: float | None) -> _End | None:
    now = time.monotonic()
    if deadline is not None and now >= deadline:
        return _End.WAITED
    return _End.TIMED_OUT if now >= runs_until else None


def _reason(failed: Host) -> str:
    """What a host's program wrote and how it ended."""
    code = (failed.child.exit_code if failed.child else None) or 0
    tail = f", exit code: {code if code > 0 else 128 - code}"
    return f"AlgorithmError: {failed.said('failure')[: MOST_REASON - len('AlgorithmError: ') - len(tail)]}{tail}"

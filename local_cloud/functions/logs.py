"""Where do a worker's words go: its own file at once, CloudWatch a moment later, without anybody waiting."""

import json
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from local_cloud.functions.configuration import FunctionConfiguration

LOG = logging.getLogger("local_cloud.functions")
_IDLE_SECONDS = 1.0
_BATCH_SECONDS = 0.05

Ship = Callable[[str, str, list[str]], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What Lambda says about one invocation.

    Attributes:
        duration_ms: From handing over the event to the answer.
        init_ms: How long the worker's start took; only with its first event.

    """

    request_id: str
    duration_ms: float
    used_mb: int
    init_ms: float | None = None
    status: str = "success"


class WorkerLog:
    """One worker's log: a file to which the worker's output and Lambda's own lines are appended.

    Attributes:
        stream: Name of its log stream, as Lambda makes them.

    """

    def __init__(self, configuration: FunctionConfiguration, *, folder: Path, worker_id: str) -> None:
        self.group = configuration.log_group
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[{configuration.version}]{worker_id}"
        self.path = folder / f"{worker_id}.log"
        self.closed = False
        self._configuration = configuration
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def start(self, request_id: str) -> None:
        """The event is about to be handed over."""
        version = self._configuration.version
        if self._configuration.is_json_logged:
            self._write_json("platform.start", {"requestId": request_id, "version": version})
        else:
            self.write(f"START RequestId: {request_id} Version: {version}\n")

    def end(self, report: Report) -> None:
        """The event was answered, or never will be."""
        if self._configuration.is_json_logged:
            metrics: dict[str, float] = {"durationMs": round(report.duration_ms, 3), "maxMemoryUsedMB": report.used_mb}
            if report.init_ms is not None:
                metrics["initDurationMs"] = round(report.init_ms, 3)
            record = {"requestId": report.request_id, "status": report.status, "metrics": metrics}
            self._write_json("platform.report", record)
        else:
            self.write(f"END RequestId: {report.request_id}\n{self._report_line(report)}\n")

    def write(self, text: str) -> None:
        """Append it, whole."""
        os.write(self._file, text.encode())

    def close(self) -> None:
        """The worker has ended; what is in the file will still be shipped."""
        self.closed = True
        os.close(self._file)

    def _report_line(self, report: Report) -> str:
        fields = [
            f"REPORT RequestId: {report.request_id}",
            f"Duration: {report.duration_ms:.2f} ms",
            f"Billed Duration: {math.ceil(report.duration_ms)} ms",
            f"Memory Size: {self._configuration.memory_mb} MB",
            f"Max Memory Used: {report.used_mb} MB",
        ]
        if report.init_ms is not None:
            fields.append(f"Init Duration: {report.init_ms:.2f} ms")
        if report.status != "success":
            fields.append(f"Status: {report.status}")
        return "\t".join(fields)

    def _write_json(self, kind: str, record: Mapping[str, object]) -> None:
        moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
        self.write(json.dumps({"time": f"{moment}Z", "type": kind, "record": record}) + "\n")


class LogShipper:
    """A thread that reads what was added to the logs and hands it on, line by line."""

    def __init__(self, ship: Ship, *, then: Callable[[], None]) -> None:
        """`ship` takes (group, stream, lines); `then` is called after each round."""
        self._ship = ship
        self._then = then
        self._tails: list[_Tail] = []
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lambda-logs", daemon=True)
        self._thread.start()

    def follow(self, log: WorkerLog) -> None:
        """Ship this log until it is closed."""
        self._tails.append(_Tail(log))

    def wake(self) -> None:
        """There may be something new."""
        if not self._news.is_set():
            self._news.set()

    def stop(self) -> None:
        """Ship what is there, then end."""
        self._stopping.set()
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(_IDLE_SECONDS)
            self._stopping.wait(_BATCH_SECONDS)
            self._news.clear()
            self._round()
        self._round()
        for tail in self._tails:
            tail.close()

    def _round(self) -> None:
        for tail in list(self._tails):
            was_closed = tail.log.closed
            try:
                if lines := tail.read():
                    self._ship(tail.log.group, tail.log.stream, lines)
            except Exception:  # what one function says must not silence the others
                LOG.exception("log.lost group=%s", tail.log.group)
            if was_closed:
                tail.close()
                self._tails.remove(tail)
        self._then()


class _Tail:
    """How far a log was read."""

    def __init__(self, log: WorkerLog) -> None:
        self.log = log
        self._file: BinaryIO = log.path.open("rb")
        self._partial = b""

    def read(self) -> list[str]:
        """The whole lines added since; the runtime client writes a traceback as one line with carriage returns."""
        *lines, self._partial = (self._partial + self._file.read()).split(b"\n")
        if self.log.closed and self._partial:
            lines, self._partial = [*lines, self._partial], b""
        return [line.decode(errors="replace").replace("\r", "\n") for line in lines if line]

    def close(self) -> None:
        self._file.close()


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000

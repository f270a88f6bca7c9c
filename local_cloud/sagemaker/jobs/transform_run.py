"""How does one batch transform run: a model that is served, files that are put to it, answers that are kept?"""

import contextlib
import http.client
import logging
import shutil
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from local_cloud.context import LOOPBACK
from local_cloud.sagemaker.artifact import Container
from local_cloud.sagemaker.jobs.job import Phase
from local_cloud.sagemaker.jobs.payload import assembled, payloads
from local_cloud.sagemaker.jobs.run import INTERNAL_ERROR, Told
from local_cloud.sagemaker.jobs.storage import Storage
from local_cloud.sagemaker.jobs.transform import Models, TransformWork
from local_cloud.sagemaker.jobs.work import JobFailed
from local_cloud.sagemaker.model_process import ModelProcess, Spec

_STARTUP_SECONDS = 480.0
_POLL_SECONDS = 0.02
_SEE_LOGS = "See job logs for more information"
_log = logging.getLogger(__name__)


class _Ended(Exception):
    """The job is to end: by StopTransformJob, a fault, or the end of the cloud."""


class _Unanswered(Exception):
    """The model did not take a request; becomes the FailureReason."""


class TransformRun:
    """One job's model and requests. Its own thread alone starts the model."""

    def __init__(
        self, work: TransformWork, storage: Storage, told: Told, models: Models, *, folder: Path, logs: Path
    ) -> None:
        self._work, self._storage, self._told, self._models, self._folder = work, storage, told, models, folder
        spec = Spec(self._container, folder / "model", logs / "algo-1.log", _STARTUP_SECONDS, models.command)
        self._model = ModelProcess(spec, storage.client, ready=lambda: None, failed=self._never_healthy)
        self._reason = ""
        self._is_lost = False
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"job {folder.name}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; what it has made by then is not kept (D:APIReference/API_StopTransformJob)."""
        self._is_ending.set()
        self._model.begin_stop()

    def lose(self) -> None:
        """Its instances are lost through a fault of the service."""
        self._is_lost = True
        self.stop()

    def abandon(self) -> None:
        """The cloud ends: upload nothing. Returns at once."""
        self.stop()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for."""
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait until nothing is left of it."""
        self._thread.join()

    def _run(self) -> None:
        try:
            phase, reason = self._carry_out()
        except _Ended:
            phase, reason = self._ended()
        except _Unanswered as error:
            phase, reason = Phase.FAILED, str(error)
        except JobFailed as error:  # whoever stops a job may have taken its input away by then
            phase, reason = self._ended() if self._is_ending.is_set() else (Phase.FAILED, f"ClientError: {error}")
        except Exception:  # noqa: BLE001  the outermost edge: the job must not seem to run for ever
            _log.exception("%s ended", self._thread.name)
            phase, reason = Phase.FAILED, INTERNAL_ERROR
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._storage.close()
        self._told.enter(phase, reason)

    def _ended(self) -> tuple[Phase, str]:
        return (Phase.FAILED, INTERNAL_ERROR) if self._is_lost else (Phase.STOPPED, "")

    def _carry_out(self) -> tuple[Phase, str]:
        """A file that cannot be answered has no output; the others do (DG23:batch-transform.md)."""
        source, target = self._folder / "in", self._folder / "out"
        self._storage.download(self._work.source, source)
        reasons = []
        with self._serving():
            self._told.enter(Phase.TRAINING, "")
            for file in sorted(each for each in source.rglob("*") if each.is_file()):
                name = file.relative_to(source)
                reasons += self._transform(file, target / name.with_name(f"{name.name}.out"))
        if self._is_ending.is_set():
            raise _Ended
        self._told.enter(Phase.UPLOADING, "")
        self._storage.upload(target, self._work.target)
        return (Phase.FAILED, reasons[0]) if reasons else (Phase.COMPLETED, "")

    @contextlib.contextmanager
    def _serving(self) -> Iterator[None]:
        self._model.start()
        try:
            self._port()
            yield
        finally:
            self._model.begin_stop()
            self._model.join()

    def _transform(self, file: Path, target: Path) -> list[str]:
        """Why there is no output; nothing when there is one."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with file.open("rb") as lines, target.open("wb") as output:
                bodies = payloads(
                    lines, splits=self._work.splits, batches=self._work.batches, most_bytes=self._work.most_bytes
                )
                output.writelines(assembled(self._answers(bodies), ends_lines=self._work.ends_lines))
        except (_Unanswered, JobFailed) as wrong:
            _log.warning("%s: %s has no output: %s", self._thread.name, file.name, wrong)
            target.unlink()
            return [str(wrong) if isinstance(wrong, _Unanswered) else f"ClientError: {wrong}"]
        return []

    def _answers(self, bodies: Iterator[bytes]) -> Iterator[bytes]:
        """In the order of the requests, of which so many are under way as is allowed."""
        with ThreadPoolExecutor(self._work.concurrency, thread_name_prefix=self._thread.name) as threads:
            waiting: deque[Future[bytes]] = deque()
            for body in bodies:
                waiting.append(threads.submit(self._answer, body))
                if len(waiting) >= self._work.concurrency:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _answer(self, body: bytes) -> bytes:
        """Of the model, asked again where the fault may be its own for the moment. Raises _Unanswered, _Ended."""
        for left in reversed(range(self._work.retries + 1)):
            status, answer = self._ask(body)
            if status == http.client.OK:
                return answer
            if 0 < status < http.client.INTERNAL_SERVER_ERROR:
                raise _Unanswered(f"ClientError: {_SEE_LOGS}")
            if not left:
                break
        raise _Unanswered(f"AlgorithmError: {_SEE_LOGS}")

    def _ask(self, body: bytes) -> tuple[int, bytes]:
        """The status and the body of an answer; of none the status is 0."""
        connection = http.client.HTTPConnection(LOOPBACK, self._port(), timeout=self._work.timeout_seconds)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("POST", "/invocations", body, dict(self._work.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        return 0, b""

    def _port(self) -> int:
        """Where the model answers, waiting until it does. Raises _Ended, _Unanswered when it never will."""
        while (port := self._model.port) is None:
            if self._reason:
                raise _Unanswered(f"AlgorithmError: {self._reason}")
            if self._is_ending.wait(_POLL_SECONDS):
                raise _Ended
        if self._is_ending.is_set():
            raise _Ended
        return port

    def _container(self) -> Container:
        container = self._models.container(self._work.model)
        return replace(container, environment={**container.environment, **self._work.environment})

    def _never_healthy(self, reason: str) -> None:
        self._reason = reason

"""Who holds the jobs? One lock; each change is told to whoever asks."""

import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from local_cloud.context import CloudContext
from local_cloud.sagemaker.container import aws_of
from local_cloud.sagemaker.fault import Fault, FaultKind
from local_cloud.sagemaker.jobs.job import Job, Kind, Phase
from local_cloud.sagemaker.jobs.processing import processing_work
from local_cloud.sagemaker.jobs.run import NO_CAPACITY, STOP_SECONDS, Run, Told
from local_cloud.sagemaker.jobs.storage import Storage, located
from local_cloud.sagemaker.jobs.training import training_work
from local_cloud.sagemaker.jobs.transform import Models, transform_work
from local_cloud.sagemaker.jobs.transform_run import TransformRun
from local_cloud.sagemaker.jobs.work import Work
from local_cloud.sagemaker.refusal import NameInUse, Refused, arn
from local_cloud.sagemaker.roles import check_role, session_of

_FOLDER = "jobs"
_CLOSED = "InternalServerError: The local cloud was stopped."
_WORK: Mapping[Kind, Callable[[Mapping[str, Any]], Work]] = {
    Kind.TRAINING: training_work,
    Kind.PROCESSING: processing_work,
}
_log = logging.getLogger(__name__)
_Key = tuple[Kind, str]
_AnyRun = Run | TransformRun
_Prepared = Callable[[Told, Path, Path], _AnyRun]


class Jobs:
    """All jobs. Every method may be called from any thread; only ``close`` waits for anything."""

    def __init__(self, context: CloudContext, models: Models, *, stop_seconds: float = STOP_SECONDS) -> None:
        """``stop_seconds`` are of the wall, from SIGTERM to SIGKILL."""
        self._context = context
        self._models = models
        self._clock = context.clock
        self._stop_seconds = stop_seconds
        self._lock = threading.RLock()
        self._jobs: dict[_Key, Job] = {}
        self._runs: dict[_Key, _AnyRun] = {}
        self._unannounced: list[Job] = []
        self._refusals: Counter[str] = Counter()
        self._is_closed = False
        shutil.rmtree(context.home / _FOLDER, ignore_errors=True)  # what a cloud that was killed has left

    def create(self, kind: Kind, request: Mapping[str, Any]) -> Job:
        """CreateTrainingJob and so on. Raises Refused."""
        job = Job.new(kind, request, now=self._clock.now())
        prepared = self._transform(request) if kind is Kind.TRANSFORM else self._work(kind, request)
        with self._lock:
            if (kind, job.name.lower()) in self._jobs:
                raise NameInUse(
                    f"{kind.words.capitalize()} names must be unique within an AWS account and region, and a "
                    f"{kind.words} with this name already exists ({job.arn})"
                )
            self._keep(job, announces=True)
            self._launch(job, prepared)
        return job

    def find(self, kind: Kind, name: str) -> Job:
        """The job. Raises Refused: SageMaker's ResourceNotFound is documented, and never sent (GH aws/aws-sdk#165)."""
        try:
            return self._jobs[kind, name.lower()]
        except KeyError:
            raise Refused("Requested resource not found.") from None

    def all(self, kind: Kind) -> list[Job]:
        """Every job of a kind, oldest first."""
        with self._lock:
            return [job for (of, _), job in self._jobs.items() if of is kind]

    def stop(self, kind: Kind, name: str) -> None:
        """StopTrainingJob and so on. Raises Refused."""
        with self._lock:
            self._keep(self.find(kind, name).stop(now=self._clock.now()), announces=True)
            self._runs[kind, name.lower()].stop()

    def inflict(self, fault: Fault) -> None:
        """A fault of a job. Raises Refused when none of that name runs, or none that can be interrupted."""
        name = fault.job or ""
        with self._lock:
            if fault.kind is FaultKind.CAPACITY:
                self._refusals[name] += fault.count or 1
                return
            key, job = next(
                ((key, job) for key, job in self._jobs.items() if job.name == name and not job.is_over), (None, None)
            )
            if key is None or job is None:
                raise Refused(f"no job {name} is running")
            run = self._runs[key]
            if fault.kind is FaultKind.CRASH:
                run.lose()
            elif job.is_spot and isinstance(run, Run):
                run.interrupt(fault.value)
            else:
                raise Refused(f"{name} is not trained on spot instances")

    def take_unannounced(self) -> list[Job]:
        """Jobs as they were each time their status changed, since the last call."""
        with self._lock:
            taken, self._unannounced = self._unannounced, []
            return taken

    def close(self) -> None:
        """Kill all that runs and wait until it is gone; what ran is Failed, and nothing changes from now on."""
        with self._lock:
            for key in list(self._jobs):
                self._enter(key, Phase.FAILED, _CLOSED)
            runs = list(self._runs.values())
            self._is_closed = True
        for run in runs:
            run.abandon()
        for run in runs:
            run.join()

    def _work(self, kind: Kind, request: Mapping[str, Any]) -> _Prepared:
        """A training or processing job with the rights of its role. Raises Refused unless all inputs are there."""
        work = _WORK[kind](request)
        sources = [each.uri for each in work.inputs]
        targets = [*(each.uri for each in work.outputs), *(each.uri for each in work.synced)]
        role = str(request["RoleArn"])
        storage = self._storage(role, sources, targets, kms_key=work.kms_key)
        calls = {} if work.is_isolated else aws_of(role, self._context)
        connected = replace(work, environment={**calls, **work.environment})

        def prepared(told: Told, folder: Path, logs: Path) -> Run:
            return Run(connected, storage, told, folder=folder, logs=logs, stop_seconds=self._stop_seconds)

        return prepared

    def _transform(self, request: Mapping[str, Any]) -> _Prepared:
        """A batch transform with the rights of its model's role. Raises Refused."""
        work = transform_work(request)
        role = self._models.role(work.model)
        if role is None:
            raise Refused(f'Could not find model "{arn("model", work.model)}".')
        storage = self._storage(role, [work.source], [work.target], kms_key=work.kms_key)

        def prepared(told: Told, folder: Path, logs: Path) -> TransformRun:
            return TransformRun(work, storage, told, self._models, folder=folder, logs=logs)

        return prepared

    def _storage(self, role: str, sources: list[str], targets: list[str], *, kms_key: str | None) -> Storage:
        """The role's S3. Raises Refused unless all sources are there."""
        check_role(role)
        for uri in targets:
            located(uri)
        storage = Storage(session_of(role, self._context).client("s3"), kms_key)
        for uri in sources:
            storage.check(uri, role)
        return storage

    def _launch(self, job: Job, prepared: _Prepared) -> None:
        key = (job.kind, job.name.lower())
        if self._is_closed or self._takes_refusal(job.name):
            self._enter(key, Phase.FAILED, NO_CAPACITY)
            return
        self._runs = {each: run for each, run in self._runs.items() if not run.is_over}
        told = Told(partial(self._enter, key), partial(self._delivered, key), partial(self._said, key))
        run = self._runs[key] = prepared(
            told,
            self._context.folder(_FOLDER, job.kind) / job.name,
            self._context.folder("logs", _FOLDER, job.kind, job.name),
        )
        run.start()

    def _enter(self, key: _Key, phase: Phase, reason: str) -> None:
        with self._lock:
            job = self._jobs[key]
            changed = job.enter(phase, now=self._clock.now(), reason=reason)
            self._keep(changed, announces=changed is not job)

    def _delivered(self, key: _Key) -> None:
        with self._lock:
            self._keep(replace(self._jobs[key], has_artifacts=True))

    def _said(self, key: _Key, message: str) -> None:
        with self._lock:
            self._keep(replace(self._jobs[key], exit_message=message))

    def _keep(self, job: Job, *, announces: bool = False) -> None:
        if self._is_closed:
            return
        self._jobs[job.kind, job.name.lower()] = job
        if announces:
            self._unannounced.append(job)

    def _takes_refusal(self, name: str) -> bool:
        prefix = next((each for each, count in self._refusals.items() if count > 0 and name.startswith(each)), None)
        if prefix is not None:
            self._refusals[prefix] -= 1
        return prefix is not None

"""What does SageMaker say of a job: its statuses, since when, and why?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from local_cloud.sagemaker.refusal import Refused, arn

MOST_REASON = 1024  # BC:sagemaker/FailureReason


class Kind(StrEnum):
    """A kind of job, as ARNs spell it."""

    TRAINING = "training-job"
    PROCESSING = "processing-job"
    TRANSFORM = "transform-job"

    @property
    def stem(self) -> str:
        """What its members' names begin with: TrainingJobName."""
        return f"{self.value.removesuffix('-job').capitalize()}Job"

    @property
    def words(self) -> str:
        """As SageMaker's messages call it."""
        return self.value.replace("-", " ")


class Status(StrEnum):
    """TrainingJobStatus, ProcessingJobStatus, TransformJobStatus."""

    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"


class Phase(StrEnum):
    """SecondaryStatus; of a processing or transform job nobody sees it."""

    STARTING = "Starting"
    DOWNLOADING = "Downloading"
    TRAINING = "Training"
    UPLOADING = "Uploading"
    INTERRUPTED = "Interrupted"
    RESTARTING = "Restarting"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"
    MAX_RUNTIME = "MaxRuntimeExceeded"
    MAX_WAIT = "MaxWaitTimeExceeded"


_ENDS = {
    Phase.COMPLETED: Status.COMPLETED,
    Phase.FAILED: Status.FAILED,
    Phase.STOPPED: Status.STOPPED,
    Phase.MAX_RUNTIME: Status.STOPPED,
    Phase.MAX_WAIT: Status.STOPPED,
}
_MESSAGES = {
    Phase.STARTING: "Starting the training job",
    Phase.DOWNLOADING: "Downloading input data",
    Phase.TRAINING: "Training in-progress",
    Phase.UPLOADING: "Uploading generated training model",
    Phase.INTERRUPTED: "The spot instance was taken away",
    Phase.RESTARTING: "The job is retried after a failure of the service",
    Phase.STOPPING: "Stopping the training job",
    Phase.COMPLETED: "Training job completed",
    Phase.STOPPED: "Training job stopped",
    Phase.MAX_RUNTIME: "Training job runtime exceeded MaxRuntimeInSeconds provided",
    Phase.MAX_WAIT: "Training job waited longer than MaxWaitTimeInSeconds provided",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """A member of SecondaryStatusTransitions; ``end`` is None while it lasts."""

    phase: Phase
    start: datetime
    message: str
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is at one moment; times are the cloud's.

    Attributes:
        kind: Training, processing or transform.
        request: What it was created with.
        created: CreationTime.
        status: Its status.
        transitions: Its secondary statuses so far, the last one lasting; never empty.
        modified: LastModifiedTime.
        started: When a container first ran, if one did.
        ended: When it came to its end, if it has.
        reason: FailureReason.
        exit_message: ExitMessage of a processing job.
        has_artifacts: Whether the model artifacts were uploaded.

    """

    kind: Kind
    request: Mapping[str, Any]
    created: datetime
    status: Status
    transitions: tuple[Transition, ...]
    modified: datetime
    started: datetime | None = None
    ended: datetime | None = None
    reason: str | None = None
    exit_message: str | None = None
    has_artifacts: bool = False

    @classmethod
    def new(cls, kind: Kind, request: Mapping[str, Any], *, now: datetime) -> Self:
        """A job that has just been created."""
        first = Transition(Phase.STARTING, now, _MESSAGES[Phase.STARTING])
        return cls(kind, request, now, Status.IN_PROGRESS, (first,), now)

    @property
    def name(self) -> str:
        """TrainingJobName and so on."""
        return str(self.request[f"{self.kind.stem}Name"])

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn(self.kind, self.name)

    @property
    def phase(self) -> Phase:
        """SecondaryStatus."""
        return self.transitions[-1].phase

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in _ENDS.values()

    @property
    def is_spot(self) -> bool:
        """Whether its instances may be taken away."""
        return bool(self.request.get("EnableManagedSpotTraining"))

    def enter(self, phase: Phase, *, now: datetime, reason: str = "") -> "Job":
        """The job in a phase; one that is being stopped shows none but that until its end."""
        if self.is_over or phase is self.phase or (self.status is Status.STOPPING and phase not in _ENDS):
            return self
        message = reason if phase is Phase.FAILED else _MESSAGES[phase]
        *earlier, last = self.transitions
        started = now if phase is Phase.TRAINING and self.started is None else self.started
        return replace(
            self,
            status=_ENDS.get(phase, self.status),
            transitions=(*earlier, replace(last, end=now), Transition(phase, now, message)),
            modified=now,
            started=started,
            ended=now if phase in _ENDS else None,
            reason=reason[:MOST_REASON] or None,
        )

    def stop(self, *, now: datetime) -> "Job":
        """The job as it is being stopped. Raises Refused when it is not running."""
        if self.status is not Status.IN_PROGRESS:
            raise Refused(f"The request was rejected because the {self.kind.words} is in status {self.status}.")
        return replace(self.enter(Phase.STOPPING, now=now), status=Status.STOPPING)

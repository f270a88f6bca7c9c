"""What is an execution of a pipeline: how far it is, and which step comes next?"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from local_cloud.sagemaker.pipelines.definition import Definition, Step

STEPS_FAILED = "Step failure: One or multiple steps failed."
_MOST_REASON = 1024  # BC:sagemaker/FailureReason


class Status(StrEnum):
    """PipelineExecutionStatus and StepStatus."""

    STARTING = "Starting"
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more."""
        return self in (Status.STOPPED, Status.FAILED, Status.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class StepState:
    """A step that has been started; times are the cloud's."""

    step: Step
    status: Status
    started: datetime
    ended: datetime | None = None
    reason: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0

    def end(self, status: Status, *, now: datetime, reason: str = "") -> "StepState":
        """The step once it is over."""
        return replace(self, status=status, ended=now, reason=reason[:_MOST_REASON] or None)


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution; times are the cloud's.

    Attributes:
        pipeline_arn: The pipeline's.
        pipeline: Its name.
        key: PipelineExecutionId.
        definition: As it was when the execution started.
        given: The parameters as StartPipelineExecution took them.
        parameters: All of them, in their types.
        role: In whose name its steps act.
        request: What else StartPipelineExecution was given.
        parallel: How many steps may be under way at a time.
        created: When it started.
        modified: When it last changed.
        status: Its status.
        reason: FailureReason.
        steps: Those that have been started, in that order.

    """

    pipeline_arn: str
    pipeline: str
    key: str
    definition: Definition
    given: Mapping[str, str]
    parameters: Mapping[str, Any]
    role: str
    request: Mapping[str, Any]
    parallel: int
    created: datetime
    modified: datetime
    status: Status = Status.EXECUTING
    reason: str | None = None
    steps: Mapping[str, StepState] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """PipelineExecutionArn."""
        return f"{self.pipeline_arn}/execution/{self.key}"

    @property
    def running(self) -> list[StepState]:
        """The steps under way."""
        return [state for state in self.steps.values() if not state.status.is_over]

    def with_step(self, state: StepState, *, now: datetime) -> "Execution":
        """The execution with a step as it is now."""
        return replace(self, steps={**self.steps, state.step.name: state}, modified=now)

    def end(self, *, now: datetime) -> "Execution":
        """The execution when no step runs any more: as its steps have ended, or were stopped."""
        if any(state.status is Status.FAILED for state in self.steps.values()):
            return replace(self, status=Status.FAILED, reason=STEPS_FAILED, modified=now)
        status = Status.STOPPED if self.status is Status.STOPPING else Status.SUCCEEDED
        return replace(self, status=status, modified=now)

    def startable(self) -> list[Step]:
        """The steps to start now: none any more after a failure or while it is being stopped."""
        if self.status is not Status.EXECUTING or any(s.status is Status.FAILED for s in self.steps.values()):
            return []
        ready = [
            step for step in self.definition.steps.values() if step.name not in self.steps and self._is_ready(step)
        ]
        return ready[: max(self.parallel - len(self.running), 0)]

    def _is_ready(self, step: Step) -> bool:
        """Whether all before it have succeeded; one in the branch that was not taken, and all after it, never are."""
        if not all(self._has_succeeded(name) for name in step.depends_on):
            return False
        if step.branch is None:
            return True
        condition, outcome = step.branch
        told = self.steps[condition].metadata["Condition"]["Outcome"] if self._has_succeeded(condition) else None
        return bool(told == str(outcome))

    def _has_succeeded(self, name: str) -> bool:
        return name in self.steps and self.steps[name].status is Status.SUCCEEDED

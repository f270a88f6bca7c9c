"""What is one retraining? Why it was started, its execution, and how that ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from sluice.domain.retraining.trigger import Cause, Trigger
from sluice.domain.training.pipeline import VERSION
from sluice.domain.training.refusal import REFUSE, is_verdict

REQUESTED = "Requested"
"""Decided, and written down before the pipeline was started."""

NOT_STARTED = "NotStarted"
"""SageMaker would not start the pipeline."""

LOST = "Lost"
"""The execution is gone: whoever deletes a pipeline deletes its executions."""

SUCCEEDED = "Succeeded"
OVER = frozenset({SUCCEEDED, "Failed", "Stopped", "CompletedWithFailures", LOST, NOT_STARTED})
"""What does not change any more; the other words are SageMaker's PipelineExecutionStatus."""

_LONGEST_TEXT = 250
_BRIEF_TEXT = 60
_MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class FailedStep:
    """A step of the pipeline that failed, and why, in SageMaker's words."""

    name: str
    reason: str

    @property
    def is_refusal(self) -> bool:
        """Whether it is the one by which the gate refuses a version that it has judged."""
        return self.name == REFUSE and is_verdict(self.reason)


@dataclass(frozen=True, slots=True)
class Observed:
    """How an execution is.

    Attributes:
        status: ``PipelineExecutionStatus``.
        reason: ``FailureReason``; empty where there is none.
        failed: The steps that failed.

    """

    status: str
    reason: str = ""
    failed: tuple[FailedStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One retraining.

    Attributes:
        id: Sorts by time.
        cause: What started it.
        key: Of the event that did.
        reason: Why, in words.
        by: Who.
        forced: Whether a person overrode cool-down or budget.
        requested_at: When it was called for; aware, UTC.
        status: ``Requested``, then the execution's.
        parameters: What the pipeline is started with; kept until it is over.
        execution: ARN of the execution; None until it is known.
        ended_at: When its end was seen.
        failure: Why it did not succeed; empty where it did, or goes on.
        failed: Its failed steps, three at most.
        version: What the version is called that it makes; empty where the pipeline is one's own.

    """

    id: str
    cause: Cause
    key: str
    reason: str
    by: str
    forced: bool
    requested_at: datetime
    status: str = REQUESTED
    parameters: Mapping[str, str] = field(default_factory=dict)
    execution: str | None = None
    ended_at: datetime | None = None
    failure: str = ""
    failed: tuple[FailedStep, ...] = ()
    version: str = ""

    @classmethod
    def of(cls, trigger: Trigger, run_id: str, version: str = "") -> Self:
        """The retraining that a trigger starts."""
        return cls(
            id=run_id,
            cause=trigger.cause,
            key=trigger.key,
            reason=trigger.reason[:_LONGEST_TEXT],
            by=trigger.by[:_LONGEST_TEXT],
            forced=trigger.force,
            requested_at=trigger.at,
            parameters={**trigger.all_parameters(), **({VERSION: version} if version else {})},
            version=version,
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more."""
        return self.status in OVER

    @property
    def has_run(self) -> bool:
        """Whether the pipeline was started, or may have been: it counts for cool-down and budget."""
        return self.status != NOT_STARTED

    def brief(self) -> Self:
        """What is kept of it when it is long over."""
        steps = (FailedStep(step.name, "") for step in self.failed if step.is_refusal)
        return replace(self, reason=self.reason[:_BRIEF_TEXT], failure=self.failure[:_BRIEF_TEXT], failed=tuple(steps))

    def seen(self, observed: Observed, *, now: datetime) -> Self:
        """The retraining as its execution is; the very same object when nothing is new."""
        if observed.status == self.status:
            return self
        if observed.status not in OVER:
            return replace(self, status=observed.status)
        steps = (FailedStep(step.name, step.reason[:_LONGEST_TEXT]) for step in observed.failed[:_MOST_STEPS])
        return replace(
            self,
            status=observed.status,
            parameters={},
            ended_at=now,
            failure=observed.reason[:_LONGEST_TEXT],
            failed=tuple(steps),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            **asdict(self),
            "cause": self.cause.value,
            "requested_at": self.requested_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "failed": [asdict(step) for step in self.failed],
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, TypeError or ValueError."""
        return cls(
            **{
                **form,
                "cause": Cause(form["cause"]),
                "requested_at": datetime.fromisoformat(form["requested_at"]),
                "ended_at": datetime.fromisoformat(form["ended_at"]) if form["ended_at"] else None,
                "failed": tuple(FailedStep(**step) for step in form["failed"]),
            }
        )

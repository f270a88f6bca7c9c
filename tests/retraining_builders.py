"""Retrainings of the model ``flights``: triggers, runs, and a SageMaker that does as a test says."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.pipelines import Pipelines
from sluice.aws.retrainings import Retrainings
from sluice.aws.watches import Watches
from sluice.domain.retraining.book import Book
from sluice.domain.retraining.policy import Limits, Policy
from sluice.domain.retraining.run import Run
from sluice.domain.retraining.trigger import Cause, Trigger
from sluice.service.run_retraining import Services
from tests.builders import a_store
from tests.functional.deployed import a_client

T0 = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = Limits(20 * HOUR, 3)
PIPELINE = "sluice-flights-training"
POLICY = Policy(PIPELINE, LIMITS)
ARN = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{PIPELINE}"


def a_trigger(key: str = "schedule:1", *, at: datetime = T0, cause: Cause = Cause.SCHEDULE, **over: Any) -> Trigger:
    given: dict[str, Any] = {"model": "flights", "reason": "new month", "by": "schedule", **over}
    return Trigger(cause=cause, key=key, at=at, **given)


def by_hand(key: str = "operator:1", *, at: datetime = T0, **over: Any) -> Trigger:
    return a_trigger(key, at=at, cause=Cause.OPERATOR, **{"by": "ann", **over})


def a_run(key: str = "schedule:0", *, at: datetime = T0, status: str = "Succeeded", **over: Any) -> Run:
    given = {"execution": f"{ARN}/execution/{key}", "ended_at": at + HOUR, **over}
    return Run(f"run-{key}", Cause.SCHEDULE, key, "new month", "schedule", False, at, status, **given)


def a_drift(key: str = "drift:1:a", *, at: datetime = T0, version: str = "1", **over: Any) -> Trigger:
    return a_trigger(key, at=at, cause=Cause.DRIFT, **{"by": "judge_drift", "version": version, **over})


def in_flight(key: str = "schedule:0", *, at: datetime = T0) -> Book:
    return Book("flights", in_flight=a_run(key, at=at, status="Executing", ended_at=None))


def called(operation: str, code: str, said: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": said}}, operation)


@dataclass
class SageMaker:
    """Executions by their ARNs, and what goes wrong.

    Attributes:
        executions: Status, failure reason, steps.
        tokens: ARN by token: a token starts one execution.
        asked: What was asked for at each start.
        fails: Raised by the next start.
        messages: Of processing jobs, by their names.

    """

    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    messages: dict[str, str] = field(default_factory=dict)

    def start_pipeline_execution(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.fails:
            raise self.fails.pop(0)
        token = asked["ClientRequestToken"]
        if token not in self.tokens:
            self.tokens[token] = self.execution()
        return {"PipelineExecutionArn": self.tokens[token]}

    def execution(self, status: str = "Executing") -> str:
        """One more, whoever started it."""
        arn = f"{ARN}/execution/{len(self.executions)}"
        self.executions[arn] = {"PipelineExecutionStatus": status}
        return arn

    def end(self, arn: str, status: str = "Succeeded", reason: str = "", **steps: str) -> None:
        """Have it end; ``steps`` are those that failed, and why."""
        failed = [{"StepName": name, "StepStatus": "Failed", "FailureReason": why} for name, why in steps.items()]
        listed = [{"StepName": "assemble", "StepStatus": "Succeeded"}, *failed]
        self.executions[arn] = {"PipelineExecutionStatus": status, "FailureReason": reason, "steps": listed}

    def list_pipeline_executions(self, **_: Any) -> dict[str, Any]:
        return {"PipelineExecutionSummaries": [{"PipelineExecutionArn": a, **e} for a, e in self.executions.items()]}

    def describe_pipeline_execution(self, *, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        if PipelineExecutionArn not in self.executions:
            raise called("DescribePipelineExecution", "ResourceNotFound", "gone")
        return self.executions[PipelineExecutionArn]

    def describe_processing_job(self, *, ProcessingJobName: str) -> dict[str, Any]:  # noqa: N803
        if ProcessingJobName not in self.messages:
            raise called("DescribeProcessingJob", "ValidationException", "Could not find requested job")
        return {"ExitMessage": self.messages[ProcessingJobName]}

    def get_paginator(self, _: str) -> "SageMaker":
        return self

    def paginate(self, *, PipelineExecutionArn: str, **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        yield {"PipelineExecutionSteps": self.executions[PipelineExecutionArn]["steps"]}


class RetrainingWorld:
    """A table and a SageMaker; moto must be there."""

    def __init__(self, policy: Policy = POLICY) -> None:
        client = a_client("dynamodb")
        self.routings = a_store(client)
        self.sagemaker = SageMaker()
        self.retrainings = Retrainings(client, table="state")
        self.watches = Watches(client, table="state")
        self.ids = 0
        self.services = Services(
            policies={"flights": policy},
            retrainings=self.retrainings,
            pipelines=Pipelines(self.sagemaker),
            routings=self.routings,
            watches=self.watches,
            new_id=self._id,
        )

    def go_by(self, policy: Policy) -> None:
        """As after a deployment of other settings."""
        self.services = replace(self.services, policies={"flights": policy})

    @property
    def book(self) -> Book:
        return self.retrainings.of("flights")

    def audit(self) -> list[tuple[str, str]]:
        return [(entry.kind.value, entry.actor) for entry in self.retrainings.audit("flights", Book.ID)]

    def _id(self, now: datetime) -> str:
        self.ids += 1
        return f"{now:%Y%m%dT%H%M%S}-{self.ids:04}"

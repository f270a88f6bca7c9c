"""SageMaker's pipelines: start one, see how its executions are, and why steps of theirs failed.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StartPipelineExecution.html
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.aws.refusal import message
from sluice.domain.errors import ChangeRefused
from sluice.domain.retraining.run import FailedStep, Observed

_MISSING = "ResourceNotFound"
_OF_THE_START = ("ValidationException", _MISSING, "ResourceLimitExceeded", "ConflictException")
_UNDER_WAY = ("Executing", "Stopping")
_NEWEST = 20


class Pipelines:
    """Starts and describes executions."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """Three attempts of 5 s each: what is started bears a token, so that a repeated call starts nothing twice."""
        config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
        return cls(connect("sagemaker", config))

    def start(self, pipeline: str, *, name: str, token: str, parameters: Mapping[str, str]) -> str:
        """The ARN of the execution that was started, by this call or by one with the same token before.

        Raises ChangeRefused when SageMaker will not start it as asked for, however often it is asked.
        """
        try:
            answer = self._client.start_pipeline_execution(
                PipelineName=pipeline,
                PipelineExecutionDisplayName=name,
                PipelineParameters=[{"Name": key, "Value": value} for key, value in parameters.items()],
                ClientRequestToken=token,
            )
        except ClientError as refused:
            code = refused.response["Error"]["Code"]
            if code in _OF_THE_START:
                raise ChangeRefused(f"{pipeline}: {code}: {message(refused)}") from refused
            raise
        return str(answer["PipelineExecutionArn"])

    def under_way(self, pipeline: str) -> list[str]:
        """ARNs of those executions that are not over, of the newest twenty; none where there is no such pipeline."""
        try:
            answer = self._client.list_pipeline_executions(
                PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=_NEWEST
            )
        except ClientError as refused:
            if _is_missing(refused):
                return []
            raise
        return [
            str(each["PipelineExecutionArn"])
            for each in answer["PipelineExecutionSummaries"]
            if each["PipelineExecutionStatus"] in _UNDER_WAY
        ]

    def observe(self, execution: str) -> Observed | None:
        """How an execution is; None where there is none any more."""
        try:
            found = self._client.describe_pipeline_execution(PipelineExecutionArn=execution)
            status = str(found["PipelineExecutionStatus"])
            failed = () if status in _UNDER_WAY else tuple(self._failed(execution))
            return Observed(status, found.get("FailureReason", ""), failed)
        except ClientError as refused:
            if _is_missing(refused):
                return None
            raise

    def _failed(self, execution: str) -> Iterator[FailedStep]:
        pages = self._client.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=execution, SortOrder="Ascending"
        )
        for page in pages:
            for step in page["PipelineExecutionSteps"]:
                if step["StepStatus"] == "Failed":
                    yield FailedStep(step["StepName"], self._why(step))

    def _why(self, step: Mapping[str, Any]) -> str:
        """Why a step failed: in its own words, where it is a processing job that has left some."""
        arn = step.get("Metadata", {}).get("ProcessingJob", {}).get("Arn")
        if arn:
            with suppress(ClientError):  # its name in the ARN is in lower case; and the job may be gone
                said = self._client.describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
                if said.get("ExitMessage"):
                    return str(said["ExitMessage"])
        return str(step.get("FailureReason", "SageMaker does not say why"))


def _is_missing(refused: ClientError) -> bool:
    return str(refused.response["Error"]["Code"]) == _MISSING

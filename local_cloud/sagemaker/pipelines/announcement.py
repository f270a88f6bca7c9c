"""Who hears how an execution and its steps go on? EventBridge does, as far as it can be reached."""

import json
import logging
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.sagemaker.pipelines.execution import Execution, Status, StepState

_log = logging.getLogger(__name__)
_OF_EXECUTIONS = "SageMaker Model Building Pipeline Execution Status Change"
_OF_STEPS = "SageMaker Model Building Pipeline Execution Step Status Change"


def announce_pipeline(execution: Execution, step: StepState | None, before: Status | None, events: Any) -> None:
    """Send one event to the default bus; best effort.

    Source: aws-facts A12 (D:sagemaker/latest/dg/automating-sagemaker-with-eventbridge).
    """
    detail = _of_execution(execution, before) if step is None else _of_step(execution, step, before)
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": _OF_EXECUTIONS if step is None else _OF_STEPS,
        "Time": execution.modified,
        "Resources": [execution.pipeline_arn, execution.arn],
        "Detail": json.dumps({name: value for name, value in detail.items() if value is not None}, default=_text),
    }
    try:
        events.put_events(Entries=[entry])
    except (ClientError, BotoCoreError) as error:
        _log.warning("event.lost execution=%s error=%s", execution.arn, error)


def _of_execution(execution: Execution, before: Status | None) -> dict[str, Any]:
    return {
        "pipelineExecutionDisplayName": execution.request.get("PipelineExecutionDisplayName"),
        "pipelineExecutionDescription": execution.request.get("PipelineExecutionDescription"),
        "currentPipelineExecutionStatus": execution.status,
        "previousPipelineExecutionStatus": before,
        "executionStartTime": execution.created,
        "executionEndTime": execution.modified if execution.status.is_over else None,
        "pipelineArn": execution.pipeline_arn,
        "pipelineExecutionArn": execution.arn,
    }


def _of_step(execution: Execution, state: StepState, before: Status | None) -> dict[str, Any]:
    return {
        "metadata": {_camel(kind): _camelled(about) for kind, about in state.metadata.items()},
        "stepName": state.step.name,
        "stepType": state.step.kind,
        "stepStartTime": state.started,
        "stepEndTime": state.ended,
        "currentStepStatus": state.status,
        "previousStepStatus": before,
        "failureReason": state.reason,
        "pipelineArn": execution.pipeline_arn,
        "pipelineExecutionArn": execution.arn,
    }


def _camelled(about: Any) -> Any:
    return {_camel(name): value for name, value in about.items()}


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

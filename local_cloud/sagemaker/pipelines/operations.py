"""Which operations on pipelines does the local cloud answer in moto's place?

In moto 5.2.5 an execution has Succeeded at once and does nothing; steps cannot be listed, nothing can be stopped (RUN).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from local_cloud.context import ACCOUNT, REGION
from local_cloud.functions.replaced import provided
from local_cloud.sagemaker.jobs.listing import ordered, page, within
from local_cloud.sagemaker.operation import Request, handler
from local_cloud.sagemaker.pipelines.book import Pipeline, Pipelines
from local_cloud.sagemaker.pipelines.execution import Execution, StepState

_KEPT = ("PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
_STARTED = ("PipelineExecutionDisplayName", "PipelineExecutionDescription", "ParallelismConfiguration")


@contextmanager
def install_pipelines(pipelines: Pipelines) -> Iterator[None]:
    """Until the context ends, moto's server keeps and runs these pipelines."""
    with ExitStack() as hooks:
        for operation, perform in _PERFORMED.items():
            method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
            answer = handler(operation, partial(perform, pipelines))
            hooks.enter_context(provided(SageMakerResponse, method, answer))
        yield


def _create(pipelines: Pipelines, request: Request) -> Request:
    pipeline = pipelines.create(request)
    tagged = SimpleNamespace(arn=pipeline.arn, tags=list(request.get("Tags", ())))
    sagemaker_backends[ACCOUNT][REGION].pipelines[pipeline.name.lower()] = tagged
    return {"PipelineArn": pipeline.arn}


def _update(pipelines: Pipelines, request: Request) -> Request:
    return {"PipelineArn": pipelines.update(request).arn}


def _delete(pipelines: Pipelines, request: Request) -> Request:
    pipeline = pipelines.delete(request["PipelineName"])
    sagemaker_backends[ACCOUNT][REGION].pipelines.pop(pipeline.name.lower(), None)
    return {"PipelineArn": pipeline.arn}


def _describe(pipelines: Pipelines, request: Request) -> Request:
    pipeline = pipelines.find(request["PipelineName"])
    return {**_summary(pipeline, "LastRunTime"), "PipelineDefinition": pipeline.definition.text, **_status(pipeline)}


def _status(pipeline: Pipeline) -> Request:
    kept = pipeline.request.get("ParallelismConfiguration")
    return {"PipelineStatus": "Active"} | ({"ParallelismConfiguration": kept} if kept else {})


def _list(pipelines: Pipelines, request: Request) -> Request:
    found = [
        pipeline
        for pipeline in pipelines.all()
        if pipeline.name.startswith(request.get("PipelineNamePrefix", ""))
        and within(pipeline.created, request.get("CreatedAfter"), request.get("CreatedBefore"))
    ]
    by_name = request.get("SortBy") == "Name"
    sort = ordered(found, lambda each: each.name if by_name else each.created, request, default="Descending")
    shown, more = page(sort, request)
    return {"PipelineSummaries": [_summary(each, "LastExecutionTime") for each in shown], **more}


def _summary(pipeline: Pipeline, run: str) -> Request:
    members = {name: pipeline.request[name] for name in _KEPT[:-1] if name in pipeline.request}
    times = {"CreationTime": pipeline.created, "LastModifiedTime": pipeline.modified}
    ran = {run: pipeline.last_run} if pipeline.last_run else {}
    return {"PipelineArn": pipeline.arn, "PipelineDisplayName": pipeline.name, **members, **times, **ran}


def _start(pipelines: Pipelines, request: Request) -> Request:
    return {"PipelineExecutionArn": pipelines.start(request).arn}


def _stop(pipelines: Pipelines, request: Request) -> Request:
    pipelines.stop(request["PipelineExecutionArn"])
    return {"PipelineExecutionArn": request["PipelineExecutionArn"]}


def _describe_execution(pipelines: Pipelines, request: Request) -> Request:
    execution = pipelines.find_execution(request["PipelineExecutionArn"])
    return {
        "PipelineArn": execution.pipeline_arn,
        "PipelineExecutionArn": execution.arn,
        "PipelineExecutionStatus": execution.status,
        "CreationTime": execution.created,
        "LastModifiedTime": execution.modified,
        "RoleArn": execution.role,
        **{name: execution.request[name] for name in _STARTED if name in execution.request},
        **({"FailureReason": execution.reason} if execution.reason else {}),
    }


def _list_executions(pipelines: Pipelines, request: Request) -> Request:
    pipeline = pipelines.find(request["PipelineName"])
    numbered = [
        (number, execution)
        for number, execution in enumerate(pipelines.executions())
        if execution.pipeline_arn == pipeline.arn
        and within(execution.created, request.get("CreatedAfter"), request.get("CreatedBefore"))
    ]
    by_arn = request.get("SortBy") == "PipelineExecutionArn"
    sort = ordered(numbered, lambda each: each[1].arn if by_arn else each[0], request, default="Descending")
    shown, more = page(sort, request)
    return {"PipelineExecutionSummaries": [_execution_summary(each) for _, each in shown], **more}


def _execution_summary(execution: Execution) -> Request:
    return {
        "PipelineExecutionArn": execution.arn,
        "StartTime": execution.created,
        "PipelineExecutionStatus": execution.status,
        **{name: execution.request[name] for name in _STARTED[:-1] if name in execution.request},
        **({"PipelineExecutionFailureReason": execution.reason} if execution.reason else {}),
    }


def _list_steps(pipelines: Pipelines, request: Request) -> Request:
    states = list(pipelines.find_execution(request["PipelineExecutionArn"]).steps.values())
    sort = ordered(enumerate(states), lambda each: each[0], request, default="Descending")
    shown, more = page(sort, request)
    return {"PipelineExecutionSteps": [_step(state) for _, state in shown], **more}


def _step(state: StepState) -> Request:
    declared = state.step.declared
    found = {
        "StepName": state.step.name,
        "StepDisplayName": declared.get("DisplayName"),
        "StepDescription": declared.get("Description"),
        "StartTime": state.started,
        "EndTime": state.ended,
        "StepStatus": state.status,
        "AttemptCount": state.attempts,
        "FailureReason": state.reason,
        "Metadata": dict(state.metadata),
    }
    return {name: value for name, value in found.items() if value is not None}


def _definition_for_execution(pipelines: Pipelines, request: Request) -> Request:
    execution = pipelines.find_execution(request["PipelineExecutionArn"])
    return {"PipelineDefinition": execution.definition.text, "CreationTime": execution.created}


def _list_parameters(pipelines: Pipelines, request: Request) -> Request:
    execution = pipelines.find_execution(request["PipelineExecutionArn"])
    shown, more = page([{"Name": name, "Value": value} for name, value in execution.given.items()], request)
    return {"PipelineParameters": list(shown), **more}


_PERFORMED: dict[str, Callable[[Pipelines, Any], Request]] = {
    "CreatePipeline": _create,
    "DeletePipeline": _delete,
    "DescribePipeline": _describe,
    "DescribePipelineDefinitionForExecution": _definition_for_execution,
    "DescribePipelineExecution": _describe_execution,
    "ListPipelineExecutionSteps": _list_steps,
    "ListPipelineExecutions": _list_executions,
    "ListPipelineParametersForExecution": _list_parameters,
    "ListPipelines": _list,
    "StartPipelineExecution": _start,
    "StopPipelineExecution": _stop,
    "UpdatePipeline": _update,
}

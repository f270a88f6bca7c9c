"""Who holds the pipelines and their executions? One lock; each change is told to whoever asks."""

import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from local_cloud.context import CloudContext
from local_cloud.sagemaker.pipelines.definition import Definition
from local_cloud.sagemaker.pipelines.engine import Engine
from local_cloud.sagemaker.pipelines.execution import Execution, Status, StepState
from local_cloud.sagemaker.pipelines.parameter import read_parameters
from local_cloud.sagemaker.refusal import NotFound, Refused, arn
from local_cloud.sagemaker.roles import check_role

_ALPHABET = string.ascii_lowercase + string.digits
_MOST_PARALLEL = 50


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as it is at one moment; times are the cloud's.

    Attributes:
        request: CreatePipeline's members, as later updates changed them.
        definition: What runs.
        created: CreationTime.
        modified: LastModifiedTime.
        last_run: LastRunTime.

    """

    request: Mapping[str, Any]
    definition: Definition
    created: datetime
    modified: datetime
    last_run: datetime | None = None

    @property
    def name(self) -> str:
        """PipelineName."""
        return str(self.request["PipelineName"])

    @property
    def arn(self) -> str:
        """PipelineArn."""
        return arn("pipeline", self.name)


@dataclass(frozen=True, slots=True)
class Change:
    """A status to be announced: of the step, if there is one, else of the execution."""

    execution: Execution
    step: StepState | None
    before: Status | None = field(default=None)


class Pipelines:
    """All pipelines. Every method may be called from any thread; only ``close`` waits for anything."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._clock = context.clock
        self._s3 = context.client("s3")
        self._lock = threading.RLock()
        self._pipelines: dict[str, Pipeline] = {}
        self._engines: dict[str, Engine] = {}
        self._started: dict[tuple[str, str], str] = {}
        self._unannounced: list[Change] = []

    def create(self, request: Mapping[str, Any]) -> Pipeline:
        """CreatePipeline. Raises Refused: a name in use is a ValidationException (GH aws/sagemaker-python-sdk)."""
        check_role(str(request["RoleArn"]))
        definition = self._definition(request)
        now = self._clock.now()
        with self._lock:
            pipeline = Pipeline(request, definition, now, now)
            if pipeline.name.lower() in self._pipelines:
                raise Refused(
                    "Pipeline names must be unique within an AWS account and region, and a pipeline with this name "
                    f"already exists ({pipeline.arn})"
                )
            self._pipelines[pipeline.name.lower()] = pipeline
        return pipeline

    def update(self, request: Mapping[str, Any]) -> Pipeline:
        """UpdatePipeline: what it names, nothing else. Raises Refused."""
        with self._lock:
            pipeline = self.find(request["PipelineName"])
            changed: dict[str, Any] = {**pipeline.request, **request, "PipelineName": pipeline.name}
            definition = pipeline.definition
            if "RoleArn" in request:
                check_role(str(request["RoleArn"]))
            if "PipelineDefinition" in request or "PipelineDefinitionS3Location" in request:
                definition = self._definition(request)
            changed["PipelineDefinition"] = definition.text
            now = self._clock.now()
            updated = replace(pipeline, request=changed, definition=definition, modified=now)
            self._pipelines[pipeline.name.lower()] = updated
            return updated

    def find(self, name_or_arn: str) -> Pipeline:
        """The pipeline. Raises NotFound."""
        name = name_or_arn.rpartition("/")[2]
        try:
            return self._pipelines[name.lower()]
        except KeyError:
            raise NotFound(f"Pipeline '{arn('pipeline', name)}' does not exist.") from None

    def all(self) -> list[Pipeline]:
        """Every pipeline, oldest first."""
        with self._lock:
            return list(self._pipelines.values())

    def delete(self, name: str) -> Pipeline:
        """DeletePipeline, with its executions. Raises Refused while one runs."""
        with self._lock:
            pipeline = self.find(name)
            own = [execution for execution in self.executions() if execution.pipeline_arn == pipeline.arn]
            if any(not execution.status.is_over for execution in own):
                raise Refused(f"Pipeline '{pipeline.arn}' has executions that are running and cannot be deleted.")
            for execution in own:
                del self._engines[execution.arn]
            return self._pipelines.pop(pipeline.name.lower())

    def start(self, request: Mapping[str, Any]) -> Execution:
        """StartPipelineExecution; once for each ClientRequestToken. Raises Refused."""
        with self._lock:
            pipeline = self.find(request["PipelineName"])
            token = (pipeline.arn, request["ClientRequestToken"])
            if self._started.get(token) in self._engines:
                return self._engines[self._started[token]].execution
            execution = self._new(pipeline, request)
            engine = self._engines[execution.arn] = Engine(self._context, execution, self._note)
            self._started[token] = execution.arn
            self._pipelines[pipeline.name.lower()] = replace(pipeline, last_run=execution.created)
            engine.start()
            return execution

    def executions(self) -> list[Execution]:
        """Every execution of every pipeline, in the order of their starts."""
        with self._lock:
            return [engine.execution for engine in self._engines.values()]

    def find_execution(self, execution_arn: str) -> Execution:
        """The execution. Raises NotFound."""
        return self._engine(execution_arn).execution

    def stop(self, execution_arn: str) -> None:
        """StopPipelineExecution. Raises Refused."""
        self._engine(execution_arn).stop()

    def take_unannounced(self) -> list[Change]:
        """What has changed since the last call."""
        with self._lock:
            taken, self._unannounced = self._unannounced, []
            return taken

    def close(self) -> None:
        """End all executions, as failed, and wait for nothing that they wait for."""
        with self._lock:
            engines = list(self._engines.values())
        for engine in engines:
            engine.abandon()
        self._s3.close()

    def _engine(self, execution_arn: str) -> Engine:
        try:
            return self._engines[execution_arn]
        except KeyError:
            raise NotFound(f"Pipeline execution with ARN {execution_arn} does not exist.") from None

    def _new(self, pipeline: Pipeline, request: Mapping[str, Any]) -> Execution:
        for name in ("SelectiveExecutionConfig", "PipelineVersionId", "PipelineVersionAlias"):
            if name in request:
                raise Refused(f"The local cloud does not emulate {name}.")
        given = {each["Name"]: each["Value"] for each in request.get("PipelineParameters", ())}
        role = str(request.get("RoleArn", pipeline.request["RoleArn"]))
        check_role(role)
        parallelism = {**pipeline.request, **request}.get("ParallelismConfiguration", {})
        return Execution(
            pipeline_arn=pipeline.arn,
            pipeline=pipeline.name,
            key="".join(secrets.choice(_ALPHABET) for _ in range(12)),
            definition=pipeline.definition,
            given=given,
            parameters=read_parameters(pipeline.definition.parameters, given),
            role=role,
            request=request,
            parallel=parallelism.get("MaxParallelExecutionSteps", _MOST_PARALLEL),
            created=(now := self._clock.now()),
            modified=now,
        )

    def _note(self, execution: Execution, step: StepState | None, before: Status | None) -> None:
        with self._lock:
            self._unannounced.append(Change(execution, step, before))

    def _definition(self, request: Mapping[str, Any]) -> Definition:
        if ("PipelineDefinition" in request) == ("PipelineDefinitionS3Location" in request):
            raise Refused("Exactly one of PipelineDefinition and PipelineDefinitionS3Location must be given.")
        if "PipelineDefinition" in request:
            return Definition.parse(request["PipelineDefinition"])
        location = request["PipelineDefinitionS3Location"]
        where = {"Bucket": location["Bucket"], "Key": location["ObjectKey"]}
        if "VersionId" in location:
            where["VersionId"] = location["VersionId"]
        try:
            return Definition.parse(self._s3.get_object(**where)["Body"].read().decode())
        except (ClientError, UnicodeDecodeError) as error:
            _unreadable(where, error)


def _unreadable(where: Mapping[str, str], error: Exception) -> NoReturn:
    raise Refused(f"Cannot read the definition s3://{where['Bucket']}/{where['Key']}: {error}") from error

"""How is a step done? By the calls that SageMaker would make, in the name of the pipeline's role."""

import json
import secrets
import string
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.cloudformation.calls import UnknownProperty, coerce
from local_cloud.context import CloudContext
from local_cloud.sagemaker.pipelines import condition
from local_cloud.sagemaker.pipelines.definition import Step
from local_cloud.sagemaker.pipelines.execution import Execution
from local_cloud.sagemaker.pipelines.reference import Scope, Unresolved, member, resolve, tokens
from local_cloud.sagemaker.pipelines.retry import of_call, of_job
from local_cloud.sagemaker.roles import session_of

_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.1, 1.0
_LONGEST_NAME = 63
_ALPHABET = string.ascii_letters + string.digits
_JOBS = {"Training": ("TrainingJob", "training_job"), "Processing": ("ProcessingJob", "processing_job")}
Report = Callable[[Mapping[str, Any]], None]


class StepFailed(Exception):
    """The step failed; ``exception`` is the type that retry policies name, if it has one."""

    def __init__(self, reason: str, exception: str | None = None) -> None:
        super().__init__(reason)
        self.exception = exception


class StepStopped(Exception):
    """The step was stopped because its execution is."""


class Performer:
    """Does the steps of one execution; from any thread.

    Attributes:
        stopping: Set when the execution is being stopped.
        closing: Set when the cloud ends: nothing is waited for.

    """

    def __init__(self, context: CloudContext, execution: Execution) -> None:
        self.stopping = threading.Event()
        self.closing = threading.Event()
        self._execution = execution
        self._clock = context.clock
        self._session = session_of(execution.role, context)
        self._properties: dict[str, Mapping[str, Any]] = {}

    def perform(self, step: Step, report: Report) -> None:
        """Do it; ``report`` takes its metadata once they are known. Raises StepFailed or StepStopped."""
        doings: dict[str, Callable[[Step, Report], Mapping[str, Any]]] = {
            "Condition": self._decide,
            "Fail": self._fail,
            "Lambda": self._invoke,
            "Processing": self._run_job,
            "RegisterModel": self._register,
            "Training": self._run_job,
        }
        try:
            self._properties[step.name] = doings[step.kind](step, report)
        except (Unresolved, UnknownProperty, ValueError, KeyError, TypeError) as error:
            raise StepFailed(f"ClientError: {error}") from error

    def rest(self, seconds: float) -> None:
        """Wait so long, of the wall. Raises StepStopped."""
        if self.stopping.wait(seconds):
            raise StepStopped

    def close(self) -> None:
        """No more calls."""
        self._session.close()

    def _run_job(self, step: Step, report: Report) -> Mapping[str, Any]:
        stem, word = _JOBS[step.kind]
        name = {f"{stem}Name": self._made_up_name(step)}
        tags = {"pipeline-execution-arn": self._execution.arn, "pipeline-step-name": step.name}
        tagged = [{"Key": f"sagemaker:{key}", "Value": value} for key, value in tags.items()]
        arguments = self._arguments(step)
        created = self._call(f"create_{word}", {**arguments, **name, "Tags": [*arguments.get("Tags", ()), *tagged]})
        report({stem: {"Arn": created[f"{stem}Arn"]}})
        described = self._await_job(word, stem, name)
        status, reason = described[f"{stem}Status"], described.get("FailureReason", "")
        if status == "Completed":
            return described
        if status == "Stopped" and self.stopping.is_set():
            raise StepStopped
        ended = f"ClientError: the job is {described.get('SecondaryStatus', status)}."
        raise StepFailed(reason or ended, of_job(reason))

    def _await_job(self, word: str, stem: str, name: dict[str, str]) -> dict[str, Any]:
        has_stopped, pause = False, _POLL_SECONDS
        while not self.closing.is_set():
            described = self._call(f"describe_{word}", name)
            if described[f"{stem}Status"] not in ("InProgress", "Stopping"):
                return described
            pause = min(1.2 * pause, _LONGEST_POLL_SECONDS)
            if self.stopping.wait(pause) and not self.closing.is_set():
                if not has_stopped and described[f"{stem}Status"] == "InProgress":
                    self._stop_job(word, stem, name)
                    has_stopped = True
                self.closing.wait(_POLL_SECONDS)
        raise StepStopped

    def _stop_job(self, word: str, stem: str, name: dict[str, str]) -> None:
        try:
            self._call(f"stop_{word}", name)
        except StepFailed:
            if self._call(f"describe_{word}", name)[f"{stem}Status"] == "InProgress":
                raise  # else it has ended by itself

    def _register(self, step: Step, report: Report) -> Mapping[str, Any]:
        created = self._call("create_model_package", self._arguments(step))
        report({"RegisterModel": {"Arn": created["ModelPackageArn"]}})
        return created

    def _decide(self, step: Step, report: Report) -> Mapping[str, Any]:
        conditions = resolve(step.arguments["Conditions"], self._scope())
        outcome = str(condition.all_hold(conditions))
        report({"Condition": {"Outcome": outcome}})
        return {"Outcome": outcome}

    def _fail(self, step: Step, report: Report) -> NoReturn:
        message = str(resolve(step.arguments.get("ErrorMessage", ""), self._scope()))
        report({"Fail": {"ErrorMessage": message}})
        raise StepFailed(message)

    def _invoke(self, step: Step, report: Report) -> Mapping[str, Any]:
        function = str(resolve(step.declared["FunctionArn"], self._scope()))
        payload = json.dumps(self._arguments(step)).encode()
        with _told("lambda:InvokeFunction"):
            answer = self._session.client("lambda").invoke(FunctionName=function, Payload=payload)
        text = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise StepFailed(f"ClientError: Lambda function {function} failed: {text}")
        named = [each["OutputName"] for each in step.declared.get("OutputParameters", ())]
        outputs = {name: member(json.loads(text), [name], f"output {name} of {function}") for name in named}
        listed = [{"Name": name, "Value": str(value)} for name, value in outputs.items()]
        report({"Lambda": {"Arn": function, "OutputParameters": listed}})
        return {"OutputParameters": outputs}

    def _arguments(self, step: Step) -> dict[str, Any]:
        resolved: dict[str, Any] = resolve(dict(step.arguments), self._scope())
        return resolved

    def _call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call SageMaker with arguments in the types of its API: a parameter may be a number where it takes a text."""
        client = self._session.client("sagemaker")
        operation = client.meta.method_to_api_mapping[method]
        shape = client.meta.service_model.operation_model(operation).input_shape
        with _told(f"sagemaker:{operation}"):
            answer: dict[str, Any] = getattr(client, method)(**coerce(shape, arguments))
        return answer

    def _scope(self) -> Scope:
        execution = self._execution
        variables = {
            "PipelineName": execution.pipeline,
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionId": execution.key,
            "PipelineExecutionArn": execution.arn,
            "StartDateTime": execution.created.isoformat(timespec="milliseconds"),
            "CurrentDateTime": self._clock.now().isoformat(timespec="milliseconds"),
        }
        return Scope(execution.parameters, dict(self._properties), variables, self._json_get)

    def _json_get(self, step: str, file: str, path: str) -> Any:
        output, name = self._execution.definition.steps[step].property_files[file]
        where = ["ProcessingOutputConfig", "Outputs", output, "S3Output", "S3Uri"]
        uri = f"{member(self._properties[step], [*where], f'output {output} of step {step}').rstrip('/')}/{name}"
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with _told("s3:GetObject"):
            content = self._session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return member(json.loads(content), tokens(path.removeprefix("$")), f"{path} in {uri}")

    def _made_up_name(self, step: Step) -> str:
        tail = "-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
        head = f"pipelines-{self._execution.key}-{step.name.replace('_', '-')}"
        return head[: _LONGEST_NAME - len(tail)].rstrip("-") + tail


@contextmanager
def _told(action: str) -> Iterator[None]:
    """What an API refuses inside becomes the step's failure."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        refused = error.response["Error"] if isinstance(error, ClientError) else {"Code": "", "Message": str(error)}
        reason = f"ClientError: Failed to invoke {action}. Error Details: {refused['Message']}"
        raise StepFailed(reason, of_call(refused["Code"])) from error

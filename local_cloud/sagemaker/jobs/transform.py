"""What does CreateTransformJob ask for, and what does DescribeTransformJob answer?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.artifact import Container
from local_cloud.sagemaker.jobs.job import Job
from local_cloud.sagemaker.jobs.work import refuse
from local_cloud.sagemaker.refusal import Refused

_MEGABYTE = 1024 * 1024
_MOST_MEGABYTES = 100  # MaxPayloadInMB, also times MaxConcurrentTransforms (BC:sagemaker/CreateTransformJobRequest)
_PAYLOAD_MEGABYTES = 6  # MaxPayloadInMB when not given (likewise)
_TIMEOUT_SECONDS = 600  # InvocationsTimeoutInSeconds when not given (BC:sagemaker/ModelClientConfig)
_RETRIES = 3  # InvocationsMaxRetries when not given (likewise)


@dataclass(frozen=True, slots=True)
class Models:
    """The models of this SageMaker, and what serves one.

    Attributes:
        container: The container of a model by name; raises ArtifactUnavailable when there is not exactly one.
        role: The model's execution role; None when there is no such model.
        command: The program, which is given ``--model-dir DIR --port P``.

    """

    container: Callable[[str], Container]
    role: Callable[[str], str | None]
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class TransformWork:
    """One job's work.

    Attributes:
        model: Name of the model.
        source: What the keys of the inputs begin with.
        target: What the keys of the outputs begin with.
        headers: Of every request.
        environment: What the request declares and what SageMaker adds; goes before the model's own.
        splits: Whether every line is a record; else a whole file is.
        batches: Whether a request holds as many records as its size allows; else one.
        ends_lines: Whether a newline follows every answer.
        most_bytes: The size of a request.
        concurrency: Requests at a time.
        timeout_seconds: How long an answer may take; real seconds, because the process is real.
        retries: How often a request that failed is sent again.
        kms_key: Encrypts what is uploaded.

    """

    model: str
    source: str
    target: str
    headers: Mapping[str, str]
    environment: Mapping[str, str]
    splits: bool
    batches: bool
    ends_lines: bool
    most_bytes: int
    concurrency: int
    timeout_seconds: float
    retries: int
    kms_key: str | None


def transform_work(request: Mapping[str, Any]) -> TransformWork:
    """How the job is run. Raises Refused for what SageMaker refuses and for what is not emulated."""
    given, made = request["TransformInput"], request["TransformOutput"]
    client = request.get("ModelClientConfig", {})
    concurrency, megabytes = _limits(request)
    _check(request)
    headers = {"Content-Type": given.get("ContentType"), "Accept": made.get("Accept")}
    return TransformWork(
        model=request["ModelName"],
        source=given["DataSource"]["S3DataSource"]["S3Uri"],
        target=made["S3OutputPath"],
        headers={name: value for name, value in headers.items() if value},
        environment={**request.get("Environment", {}), **_environment(request, concurrency, megabytes)},
        splits=given.get("SplitType") == "Line",
        batches=_batches(request),
        ends_lines=made.get("AssembleWith") == "Line",
        most_bytes=megabytes * _MEGABYTE,
        concurrency=concurrency,
        timeout_seconds=client.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS),
        retries=client.get("InvocationsMaxRetries", _RETRIES),
        kms_key=made.get("KmsKeyId"),
    )


def describe_transform(job: Job) -> dict[str, Any]:
    """The answer of DescribeTransformJob."""
    found = {
        **{name: value for name, value in job.request.items() if name != "Tags"},
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status,
        "CreationTime": job.created,
        "TransformStartTime": job.started,
        "TransformEndTime": job.ended,
        "FailureReason": job.reason,
    }
    return {name: value for name, value in found.items() if value is not None}


def _limits(request: Mapping[str, Any]) -> tuple[int, int]:
    """MaxConcurrentTransforms and MaxPayloadInMB. Raises Refused."""
    concurrency, megabytes = request.get("MaxConcurrentTransforms", 0), request.get("MaxPayloadInMB")
    payload = _PAYLOAD_MEGABYTES if megabytes is None else megabytes
    if payload == 0:
        raise Refused("The local cloud does not emulate MaxPayloadInMB 0, which is chunked encoding.")
    if payload > _MOST_MEGABYTES:
        raise Refused(f"MaxPayloadInMB must be less than or equal to {_MOST_MEGABYTES}, got {payload}.")
    if concurrency * payload > _MOST_MEGABYTES:
        raise Refused(
            f"The product of MaxConcurrentTransforms ({concurrency}) and MaxPayloadInMB ({payload}) must be less than "
            f"or equal to {_MOST_MEGABYTES}."
        )
    return concurrency or 1, payload


def _check(request: Mapping[str, Any]) -> None:
    refuse(request, "DataCaptureConfig", "ExperimentConfig")
    given, processing = request["TransformInput"], request.get("DataProcessing", {})
    if given["DataSource"]["S3DataSource"]["S3DataType"] != "S3Prefix":
        raise Refused("The local cloud transforms the objects below an S3Prefix only.")
    if given.get("CompressionType", "None") != "None":
        raise Refused("The local cloud does not emulate TransformInput.CompressionType Gzip.")
    if given.get("SplitType", "None") not in ("None", "Line"):
        raise Refused(f"The local cloud does not emulate TransformInput.SplitType {given['SplitType']}.")
    filters = [processing.get(name, "$") for name in ("InputFilter", "OutputFilter")]
    if filters != ["$", "$"] or processing.get("JoinSource", "None") != "None":
        raise Refused("The local cloud does not emulate DataProcessing: neither filters nor joins.")


def _batches(request: Mapping[str, Any]) -> bool:
    """SageMaker fills requests unless it is told not to."""
    return bool(request.get("BatchStrategy", "MultiRecord") == "MultiRecord")


def _environment(request: Mapping[str, Any], concurrency: int, megabytes: int) -> dict[str, str]:
    """What SageMaker tells the container (aws-facts A8, DG23:your-algorithms-batch-code.md)."""
    return {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD" if _batches(request) else "SINGLE_RECORD",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(concurrency),
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(megabytes),
    }

"""What does CreateProcessingJob ask for, and what does DescribeProcessingJob answer?"""

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.jobs.job import Job
from local_cloud.sagemaker.jobs.work import ENTRY_POINT, LONGEST_SECONDS, Input, Output, Synced, Work, below, hosts
from local_cloud.sagemaker.refusal import Refused


def processing_work(request: Mapping[str, Any]) -> Work:
    """How the job is run. Raises Refused for what is not emulated."""
    specification = request["AppSpecification"]
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
    return Work(
        hosts=hosts(request["ProcessingResources"]["ClusterConfig"].get("InstanceCount", 1)),
        command=(
            *specification.get("ContainerEntrypoint", ENTRY_POINT),
            *specification.get("ContainerArguments", ()),
        ),
        environment=request.get("Environment", {}),
        files={"config/processingjobconfig.json": _told(request)},
        inputs=tuple(map(_input, request.get("ProcessingInputs", ()))),
        outputs=tuple(Output(*_place(each)) for each in outputs),
        synced=tuple(Synced(*_place(each)) for each in outputs if each["S3Output"]["S3UploadMode"] == "Continuous"),
        runtime_seconds=request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", LONGEST_SECONDS),
        kms_key=request.get("ProcessingOutputConfig", {}).get("KmsKeyId"),
        is_isolated=bool(request.get("NetworkConfig", {}).get("EnableNetworkIsolation")),
    )


def describe_processing(job: Job) -> dict[str, Any]:
    """The answer of DescribeProcessingJob."""
    found = {
        **{name: value for name, value in job.request.items() if name != "Tags"},
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
        "ProcessingStartTime": job.started,
        "ProcessingEndTime": job.ended,
        "FailureReason": job.reason,
        "ExitMessage": job.exit_message,
    }
    return {name: value for name, value in found.items() if value is not None}


def _input(declared: Mapping[str, Any]) -> Input:
    source = declared.get("S3Input")
    if source is None or source["S3DataType"] != "S3Prefix" or source.get("S3InputMode") == "Pipe":
        raise Refused(f"Input {declared['InputName']}: the local cloud reads S3Prefix inputs as files only.")
    if source.get("S3CompressionType") == "Gzip" or "LocalPath" not in source:
        raise Refused(f"Input {declared['InputName']}: the local cloud needs a LocalPath and no compression.")
    is_sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    return Input(source["S3Uri"], below(source["LocalPath"]), is_sharded)


def _place(declared: Mapping[str, Any]) -> tuple[str, str]:
    target = declared.get("S3Output")
    if target is None or "LocalPath" not in target:
        raise Refused(f"Output {declared['OutputName']}: the local cloud needs an S3Output with a LocalPath.")
    return below(target["LocalPath"]), target["S3Uri"]


def _told(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "Tags"}

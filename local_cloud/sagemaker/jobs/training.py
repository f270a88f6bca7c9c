"""What does CreateTrainingJob ask for, and what does DescribeTrainingJob answer?"""

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.jobs.job import Job
from local_cloud.sagemaker.jobs.work import (
    ENTRY_POINT,
    LONGEST_SECONDS,
    Input,
    Output,
    Synced,
    Work,
    below,
    hosts,
    refuse,
)
from local_cloud.sagemaker.refusal import Refused, arn

_CHECKPOINTS = "/opt/ml/checkpoints"


def training_work(request: Mapping[str, Any]) -> Work:
    """How the job is run. Raises Refused for what SageMaker refuses and for what is not emulated."""
    _check(request)
    stopping = request.get("StoppingCondition", {})
    return Work(
        hosts=hosts(request["ResourceConfig"].get("InstanceCount", 1)),
        command=_command(request["AlgorithmSpecification"]),
        environment=_environment(request),
        files=_files(request),
        inputs=tuple(map(_channel, request.get("InputDataConfig", ()))),
        outputs=(
            Output("model", _output(request, "model"), is_archive=True, may_be_empty=True),
            Output("output/data", _output(request, "output"), is_archive=True),
        ),
        synced=_checkpoints(request),
        runtime_seconds=stopping.get("MaxRuntimeInSeconds", LONGEST_SECONDS),
        wait_seconds=stopping.get("MaxWaitTimeInSeconds") if request.get("EnableManagedSpotTraining") else None,
        attempts=1 + request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0),
        kms_key=request["OutputDataConfig"].get("KmsKeyId"),
        is_isolated=bool(request.get("EnableNetworkIsolation")),
    )


def describe_training(job: Job) -> dict[str, Any]:
    """The answer of DescribeTrainingJob."""
    found: dict[str, Any] = {
        **{name: value for name, value in job.request.items() if name != "Tags"},
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.phase,
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
        "SecondaryStatusTransitions": [
            {"Status": each.phase, "StartTime": each.start, "EndTime": each.end, "StatusMessage": each.message}
            for each in job.transitions
        ],
        "TrainingStartTime": job.started,
        "TrainingEndTime": job.ended,
        "FailureReason": job.reason,
    }
    if job.has_artifacts:
        found["ModelArtifacts"] = {"S3ModelArtifacts": _output(job.request, "model")}
    if job.started and job.ended:
        seconds = int((job.ended - job.started).total_seconds())
        count = job.request["ResourceConfig"].get("InstanceCount", 1)
        found |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds * count}
    return {name: value for name, value in found.items() if value is not None}


def _check(request: Mapping[str, Any]) -> None:
    refuse(request, "ServerlessJobConfig", "ModelPackageConfig", "MlflowConfig")
    algorithm = request["AlgorithmSpecification"]
    refuse(algorithm, "AlgorithmName")
    if algorithm["TrainingInputMode"] == "Pipe":
        raise Refused("The local cloud reads channels as files only.")
    if "ResourceConfig" not in request:
        raise Refused("Missing ResourceConfig.")
    refuse(request["ResourceConfig"], "InstanceGroups", "InstancePreferences")
    if request["OutputDataConfig"].get("CompressionType") == "NONE":
        raise Refused("The local cloud does not emulate OutputDataConfig.CompressionType NONE.")
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", ())]
    if len(names) != len(set(names)):
        raise Refused(f"Channel names must be unique, got {', '.join(names)}.")
    stopping = request.get("StoppingCondition", {})
    runtime, wait = stopping.get("MaxRuntimeInSeconds", LONGEST_SECONDS), stopping.get("MaxWaitTimeInSeconds")
    if request.get("EnableManagedSpotTraining") and (wait is None or wait < runtime):
        raise Refused(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )


def _command(algorithm: Mapping[str, Any]) -> tuple[str, ...]:
    entry_point = algorithm.get("ContainerEntrypoint", ENTRY_POINT)
    return (*entry_point, *algorithm.get("ContainerArguments", ("train",)))


def _environment(request: Mapping[str, Any]) -> dict[str, str]:
    name = request["TrainingJobName"]
    own = {"TRAINING_JOB_NAME": name, "TRAINING_JOB_ARN": arn("training-job", name)}
    return {**own, **request.get("Environment", {})}


def _files(request: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    channels = {each["ChannelName"]: _told(each) for each in request.get("InputDataConfig", ())}
    return {
        "input/config/hyperparameters.json": request.get("HyperParameters", {}),
        "input/config/inputdataconfig.json": channels,
    }


def _channel(channel: Mapping[str, Any]) -> Input:
    source = channel["DataSource"].get("S3DataSource")
    name = channel["ChannelName"]
    if source is None or source["S3DataType"] != "S3Prefix" or channel.get("InputMode") == "Pipe":
        raise Refused(f"Channel {name}: the local cloud reads S3Prefix channels as files only.")
    is_sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    return Input(source["S3Uri"], f"input/data/{name}", is_sharded)


def _told(channel: Mapping[str, Any]) -> dict[str, str]:
    """A channel in inputdataconfig.json."""
    source = channel["DataSource"].get("S3DataSource", {})
    told = {
        "ContentType": channel.get("ContentType"),
        "TrainingInputMode": "File",
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return {name: value for name, value in told.items() if value is not None}


def _output(request: Mapping[str, Any], name: str) -> str:
    folder = request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    return f"{folder}/{request['TrainingJobName']}/output/{name}.tar.gz"


def _checkpoints(request: Mapping[str, Any]) -> tuple[Synced, ...]:
    config = request.get("CheckpointConfig")
    if config is None:
        return ()
    return (Synced(below(config.get("LocalPath", _CHECKPOINTS)), config["S3Uri"], is_restored=True),)

"""How does ``training:`` of sluice.yaml read as the definition of a SageMaker pipeline: train, evaluate, decide?

Pure functions from settings to the definition's JSON. Its schema:
https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.domain import package_metadata as metadata
from sluice.domain.training import pipeline
from sluice.domain.training.refusal import REFUSE
from sluice.settings.deployment import Model
from sluice.settings.endpoint import has_local_storage
from sluice.settings.training import Training

_FOLDER = "/opt/ml/processing"
_APPROVALS = {"manual": "PendingManualApproval", "gate": "Approved"}
_HOLDOUT, _CHANNELS = "test.parquet", {"training": "train.parquet", "validation": "validation.parquet"}
_PROGRAM = {"ContainerEntrypoint": ["python", "-m", "model_container"], "ContainerArguments": ["train"]}
_TRAIN, _EVALUATE, _VERDICT, _OUTPUT = "train", "evaluate", "Verdict", "judged"
# What passes by itself; an error of the program does not, and is not tried again.
_RETRIES = [
    {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 10, "BackoffRate": 2.0, "MaxAttempts": 3},
    {
        "ExceptionType": ["SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"],
        "IntervalSeconds": 60,
        "MaxAttempts": 5,
    },
    {"ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"], "IntervalSeconds": 10, "MaxAttempts": 5},
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pipeline of a model runs.

    Attributes:
        name: Of the model.
        group: Its package group.
        job_role: ARN of the role of its jobs.
        serving_image: What registered versions are meant for.
        bucket: The data bucket.
        key: ARN of the key that encrypts what is in it.
        artifacts: The folder of the bucket with registered versions.

    """

    name: str
    group: str
    job_role: str
    serving_image: str
    bucket: str
    key: str
    artifacts: str


def definition(model: Model, training: Training, place: Place) -> dict[str, Any]:
    """The pipeline: its parameters and its steps."""
    names = {pipeline.DATA: None, pipeline.VERSION: None, pipeline.CHAMPION: None, pipeline.REASON: "by hand"}
    file = {"PropertyFileName": _VERDICT, "OutputName": _OUTPUT, "FilePath": pipeline.VERDICT_FILE}
    train = {"Name": _TRAIN, "Type": "Training", "Arguments": _train(model, training, place)}
    evaluate = {"Name": _EVALUATE, "Type": "Processing", "Arguments": _evaluate(model, training, place)}
    return {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": name, "Type": "String", **({} if default is None else {"DefaultValue": default})}
            for name, default in names.items()
        ],
        "Steps": [
            {**train, "RetryPolicies": _RETRIES},
            {**evaluate, "RetryPolicies": _RETRIES, "PropertyFiles": [file]},
            {"Name": "decide", "Type": "Condition", "Arguments": _decide(training, place)},
        ],
    }


def _decide(training: Training, place: Place) -> dict[str, Any]:
    passed = {"Type": "Equals", "LeftValue": _of_verdict("verdict"), "RightValue": pipeline.VERDICT_PASSED}
    refuse = {"ErrorMessage": _get(f"Steps.{_EVALUATE}.ExitMessage")}
    return {
        "Conditions": [passed],
        "IfSteps": [{"Name": "register", "Type": "RegisterModel", "Arguments": _register(training, place)}],
        "ElseSteps": [{"Name": REFUSE, "Type": "Fail", "Arguments": refuse}],
    }


def _train(model: Model, training: Training, place: Place) -> dict[str, Any]:
    seconds = training.max_minutes * 60
    own = {"sluice_program": training.program, "label": training.label, "version": _parameter(pipeline.VERSION)}
    folder = f"s3://{place.bucket}/{pipeline.training_folder(place.name)}"
    checkpoints = _join(f"{folder}/checkpoints", _get("Execution.PipelineExecutionId"))
    waits = {"MaxWaitTimeInSeconds": 2 * seconds} if training.spot else {}
    return {
        "AlgorithmSpecification": {"TrainingImage": training.image, "TrainingInputMode": "File", **_PROGRAM},
        "RoleArn": place.job_role,
        "HyperParameters": {**training.hyperparameters, **own},
        "InputDataConfig": [
            {"ChannelName": name, "DataSource": {"S3DataSource": _source(file) | {"S3DataType": "S3Prefix"}}}
            for name, file in _CHANNELS.items()
        ],
        "OutputDataConfig": {"S3OutputPath": f"{folder}/jobs", "KmsKeyId": place.key},
        "CheckpointConfig": {"S3Uri": checkpoints},
        "ResourceConfig": {"InstanceCount": training.instances, **_machine(model, training)},
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds, **waits},
        "EnableManagedSpotTraining": training.spot,
        "EnableNetworkIsolation": model.endpoint.network_isolation,
        **_network(model),
    }


def _evaluate(model: Model, training: Training, place: Place) -> dict[str, Any]:
    judged = f"s3://{place.bucket}/{place.artifacts}/{place.name}"
    output = {"S3Uri": _join(judged, _get("Execution.PipelineExecutionId")), "S3UploadMode": "EndOfJob"}
    inputs = {
        "candidate": {"S3Uri": _get(f"Steps.{_TRAIN}.ModelArtifacts.S3ModelArtifacts")},
        "champion": {"S3Uri": _parameter(pipeline.CHAMPION)},
        "holdout": _source(_HOLDOUT),
    }
    return {
        "AppSpecification": {
            "ImageUri": training.image,
            "ContainerEntrypoint": ["python", "-m", "training", "evaluate"],
            "ContainerArguments": _words(model, training),
        },
        "RoleArn": place.job_role,
        "ProcessingInputs": [{"InputName": name, "S3Input": _input(name, source)} for name, source in inputs.items()],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": _OUTPUT, "S3Output": {**output, "LocalPath": f"{_FOLDER}/output"}}],
            "KmsKeyId": place.key,
        },
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, **_machine(model, training)}},
        "StoppingCondition": {"MaxRuntimeInSeconds": training.max_minutes * 60},
        "NetworkConfig": {"EnableNetworkIsolation": model.endpoint.network_isolation, **_network(model)},
    }


def _input(name: str, source: Mapping[str, Any]) -> dict[str, Any]:
    return {**source, "LocalPath": f"{_FOLDER}/input/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"}


def _words(model: Model, training: Training) -> list[Any]:
    """What the gate is told: columns and margins."""
    margins = [f"--margin={name}={value}" for name, value in model.gate.to_margins().to_dict().items()]
    slices = [f"--slice={column}" for column in training.slices]
    groups = [f"--group={column}" for column in training.groups]
    return [f"--label={training.label}", *slices, *groups, *margins, "--version", _parameter(pipeline.VERSION)]


def _register(training: Training, place: Place) -> dict[str, Any]:
    """As ``sluice register`` does; the archive is the one that the gate has put its card into."""
    judged = _get(f"Steps.{_EVALUATE}.ProcessingOutputConfig.Outputs['{_OUTPUT}'].S3Output.S3Uri")
    card = {"ContentType": "application/json", "S3Uri": _join(judged, "card.json")}
    return {
        "ModelPackageGroupName": place.group,
        "ModelApprovalStatus": _APPROVALS[training.approval],
        "InferenceSpecification": {
            "Containers": [{"Image": place.serving_image, "ModelDataUrl": _join(judged, pipeline.ARCHIVE_FILE)}],
            "SupportedContentTypes": list(metadata.CONTENT_TYPES),
            "SupportedResponseMIMETypes": list(metadata.CONTENT_TYPES),
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": card}},
        "CustomerMetadataProperties": {
            metadata.VERSION: _parameter(pipeline.VERSION),
            metadata.INPUTS: _of_verdict("inputs"),
            metadata.DIGEST: _of_verdict("digest"),
            metadata.REFERENCE: "no",
            metadata.WHY: _parameter(pipeline.REASON),
            metadata.DATA: _parameter(pipeline.DATA),
            metadata.EXECUTION: _get("Execution.PipelineExecutionId"),
        },
    }


def _machine(model: Model, training: Training) -> dict[str, Any]:
    fields: dict[str, Any] = {"InstanceType": training.instance_type, "VolumeSizeInGB": training.volume_gb}
    if model.endpoint.kms_key is not None and not has_local_storage(training.instance_type):
        fields["VolumeKmsKeyId"] = model.endpoint.kms_key
    return fields


def _network(model: Model) -> dict[str, Any]:
    vpc = model.endpoint.vpc
    return {} if vpc is None else {"VpcConfig": {"Subnets": vpc.subnets, "SecurityGroupIds": vpc.security_groups}}


def _source(file: str) -> dict[str, Any]:
    return {"S3Uri": _join(_parameter(pipeline.DATA), file)}


def _of_verdict(name: str) -> dict[str, Any]:
    file = _get(f"Steps.{_EVALUATE}.PropertyFiles.{_VERDICT}")
    return {"Std:JsonGet": {"PropertyFile": file, "Path": name}}


def _get(path: str) -> dict[str, str]:
    return {"Get": path}


def _parameter(name: str) -> dict[str, str]:
    return _get(f"Parameters.{name}")


def _join(*parts: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"Std:Join": {"On": "/", "Values": list(parts)}}

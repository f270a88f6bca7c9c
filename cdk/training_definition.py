"""How does ``training:`` of sluice.yaml read as the definition of a SageMaker pipeline: assemble, train, judge, decide?

Pure functions from settings to the definition's JSON. Its schema:
https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

from collections.abc import Mapping
from typing import Any

from cdk.assemble_step import ASSEMBLE, ASSEMBLED, assemble, assembled_file, data_uri
from cdk.pipeline_job import FOLDER, Place, machine, network
from cdk.pipeline_reference import get, join, json_get, parameter
from sluice.domain import package_metadata as metadata
from sluice.domain.training import pipeline
from sluice.domain.training.refusal import REFUSE
from sluice.settings.deployment import Model
from sluice.settings.training import Training

_PARAMETERS = {
    pipeline.DATA: pipeline.CAPTURED,
    pipeline.VERSION: None,
    pipeline.CHAMPION: pipeline.SERVING,
    pipeline.REASON: "by hand",
}
APPROVALS = {"manual": "PendingManualApproval", "gate": "Approved"}
_HOLDOUT, _CHANNELS = "test.parquet", {"training": "train.parquet", "validation": "validation.parquet"}
_PROGRAM = {"ContainerEntrypoint": ["python", "-m", "model_container"], "ContainerArguments": ["train"]}
_TRAIN, _EVALUATE, _VERDICT, _OUTPUT = "train", "evaluate", "Verdict", "judged"
_MEASURED = {metadata.AUC: "auc", metadata.LOG_LOSS: "log_loss", metadata.BRIER: "brier"}
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


def definition(model: Model, training: Training, place: Place) -> dict[str, Any]:
    """The pipeline: its parameters and its steps."""
    file = {"PropertyFileName": _VERDICT, "OutputName": _OUTPUT, "FilePath": pipeline.VERDICT_FILE}
    first = {"Name": ASSEMBLE, "Type": "Processing", "Arguments": assemble(model, training, place)}
    train = {"Name": _TRAIN, "Type": "Training", "Arguments": _train(model, training, place)}
    evaluate = {"Name": _EVALUATE, "Type": "Processing", "Arguments": _evaluate(model, training, place)}
    return {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": name, "Type": "String", **({} if default is None else {"DefaultValue": default})}
            for name, default in _PARAMETERS.items()
        ],
        "Steps": [
            {**first, "RetryPolicies": _RETRIES, "PropertyFiles": [ASSEMBLED]},
            {**train, "RetryPolicies": _RETRIES},
            {**evaluate, "RetryPolicies": _RETRIES, "PropertyFiles": [file]},
            {"Name": "decide", "Type": "Condition", "Arguments": _decide(training, place)},
        ],
    }


def _decide(training: Training, place: Place) -> dict[str, Any]:
    passed = {"Type": "Equals", "LeftValue": _of_verdict("verdict"), "RightValue": pipeline.VERDICT_PASSED}
    refuse = {"ErrorMessage": get(f"Steps.{_EVALUATE}.ExitMessage")}
    return {
        "Conditions": [passed],
        "IfSteps": [{"Name": "register", "Type": "RegisterModel", "Arguments": _register(training, place)}],
        "ElseSteps": [{"Name": REFUSE, "Type": "Fail", "Arguments": refuse}],
    }


def _train(model: Model, training: Training, place: Place) -> dict[str, Any]:
    seconds = training.max_minutes * 60
    own = {"sluice_program": training.program, "label": training.label, "version": parameter(pipeline.VERSION)}
    folder = f"s3://{place.bucket}/{pipeline.training_folder(place.name)}"
    checkpoints = join(f"{folder}/checkpoints", get("Execution.PipelineExecutionId"))
    waits = {"MaxWaitTimeInSeconds": 2 * seconds} if training.spot else {}
    return {
        "AlgorithmSpecification": {"TrainingImage": place.image, "TrainingInputMode": "File", **_PROGRAM},
        "RoleArn": place.job_role,
        "HyperParameters": {**training.hyperparameters, **own},
        "InputDataConfig": [
            {"ChannelName": name, "DataSource": {"S3DataSource": assembled_file(file) | {"S3DataType": "S3Prefix"}}}
            for name, file in _CHANNELS.items()
        ],
        "OutputDataConfig": {"S3OutputPath": f"{folder}/jobs", "KmsKeyId": place.key},
        "CheckpointConfig": {"S3Uri": checkpoints},
        "ResourceConfig": {"InstanceCount": training.instances, **machine(model, training)},
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds, **waits},
        "EnableManagedSpotTraining": training.spot,
        "EnableNetworkIsolation": model.endpoint.network_isolation,
        **network(model),
    }


def _evaluate(model: Model, training: Training, place: Place) -> dict[str, Any]:
    judged = f"s3://{place.bucket}/{place.artifacts}/{place.name}"
    output = {"S3Uri": join(judged, get("Execution.PipelineExecutionId")), "S3UploadMode": "EndOfJob"}
    inputs = {
        "candidate": {"S3Uri": get(f"Steps.{_TRAIN}.ModelArtifacts.S3ModelArtifacts")},
        "champion": assembled_file(pipeline.CHAMPION_FILE),
        "holdout": assembled_file(_HOLDOUT),
        **({"checks": {"S3Uri": place.checks}} if place.checks else {}),
    }
    return {
        "AppSpecification": {
            "ImageUri": place.image,
            "ContainerEntrypoint": ["python", "-m", "training", "evaluate"],
            "ContainerArguments": _words(model, training),
        },
        "RoleArn": place.job_role,
        "ProcessingInputs": [{"InputName": name, "S3Input": _input(name, source)} for name, source in inputs.items()],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": _OUTPUT, "S3Output": {**output, "LocalPath": f"{FOLDER}/output"}}],
            "KmsKeyId": place.key,
        },
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, **machine(model, training)}},
        "StoppingCondition": {"MaxRuntimeInSeconds": training.max_minutes * 60},
        "NetworkConfig": {"EnableNetworkIsolation": model.endpoint.network_isolation, **network(model)},
    }


def _input(name: str, source: Mapping[str, Any]) -> dict[str, Any]:
    return {**source, "LocalPath": f"{FOLDER}/input/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"}


def _words(model: Model, training: Training) -> list[Any]:
    """What the gate is told: columns and margins."""
    margins = [f"--margin={name}={value}" for name, value in model.gate.to_margins().to_dict().items()]
    slices = [f"--slice={column}" for column in training.slices]
    groups = [f"--group={column}" for column in training.groups]
    hidden = [f"--sensitive={name}" for name in sorted(model.sensitive.inputs)]
    columns = [f"--label={training.label}", *slices, *groups, *hidden]
    return [*columns, *margins, "--version", parameter(pipeline.VERSION)]


def _register(training: Training, place: Place) -> dict[str, Any]:
    """As ``sluice register`` does; the archive is the one that the gate has put its card into."""
    judged = get(f"Steps.{_EVALUATE}.ProcessingOutputConfig.Outputs['{_OUTPUT}'].S3Output.S3Uri")
    card = {"ContentType": "application/json", "S3Uri": join(judged, "card.json")}
    return {
        "ModelPackageGroupName": place.group,
        "ModelApprovalStatus": APPROVALS[training.approval],
        "InferenceSpecification": {
            "Containers": [{"Image": place.serving_image, "ModelDataUrl": join(judged, pipeline.ARCHIVE_FILE)}],
            "SupportedContentTypes": list(metadata.CONTENT_TYPES),
            "SupportedResponseMIMETypes": list(metadata.CONTENT_TYPES),
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": card}},
        "CustomerMetadataProperties": {
            metadata.VERSION: parameter(pipeline.VERSION),
            metadata.INPUTS: _of_verdict("inputs"),
            metadata.DIGEST: _of_verdict("digest"),
            metadata.REFERENCE: _of_verdict("reference"),
            metadata.REFERENCE_SHA256: _of_verdict("reference_sha256"),
            **_made(training, place),
        },
    }


def _made(training: Training, place: Place) -> dict[str, Any]:
    """How the version came about, and how good it is."""
    image = place.image if training.image is None else metadata.as_metadata(training.image)
    return {
        metadata.WHY: parameter(pipeline.REASON),
        metadata.DATA: data_uri(),
        metadata.ROWS: json_get(ASSEMBLE, ASSEMBLED["PropertyFileName"], "rows"),
        metadata.EXECUTION: get("Execution.PipelineExecutionId"),
        metadata.TRAINING_IMAGE: image,
        **({metadata.COMMIT: metadata.as_metadata(place.commit)} if place.commit else {}),
        **{name: _of_verdict(found) for name, found in _MEASURED.items()},
    }


def _of_verdict(name: str) -> dict[str, Any]:
    return json_get(_EVALUATE, _VERDICT, name)

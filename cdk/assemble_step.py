"""How does the first step of a training pipeline read: a processing job that assembles what the others learn from?"""

from collections.abc import Iterator
from typing import Any

from cdk.pipeline_job import FOLDER, Place, machine, network
from cdk.pipeline_reference import get, join, parameter
from sluice.domain.training import pipeline
from sluice.settings.deployment import Model
from sluice.settings.training import Training

ASSEMBLE = "assemble"
_OUTPUT = "data"
ASSEMBLED = {"PropertyFileName": "Assembled", "OutputName": _OUTPUT, "FilePath": pipeline.ASSEMBLED_FILE}
"""What it says of what it has made."""


def assemble(model: Model, training: Training, place: Place) -> dict[str, Any]:
    """The job. It calls S3, DynamoDB and SageMaker, so that it is in no isolated network."""
    folder = f"s3://{place.bucket}/{pipeline.data_folder(place.name)}"
    output = {"S3Uri": join(folder, get("Execution.PipelineExecutionId")), "S3UploadMode": "EndOfJob"}
    return {
        "AppSpecification": {
            "ImageUri": place.image,
            "ContainerEntrypoint": ["python", "-m", "training", "assemble"],
            "ContainerArguments": [*_where(place), *_chosen(training), *_allowed(model)],
        },
        "RoleArn": place.assemble_role,
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": _OUTPUT, "S3Output": {**output, "LocalPath": f"{FOLDER}/output"}}],
            "KmsKeyId": place.key,
        },
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, **machine(model, training)}},
        "StoppingCondition": {"MaxRuntimeInSeconds": training.max_minutes * 60},
        "NetworkConfig": {"EnableNetworkIsolation": False, **network(model)},
    }


def data_uri() -> dict[str, Any]:
    """The folder with what it has made."""
    return get(f"Steps.{ASSEMBLE}.ProcessingOutputConfig.Outputs['{_OUTPUT}'].S3Output.S3Uri")


def assembled_file(name: str) -> dict[str, Any]:
    """One of its files, for the job that reads it."""
    return {"S3Uri": join(data_uri(), name)}


def _where(place: Place) -> list[Any]:
    """Where everything is."""
    names = {"model": place.name, "endpoint": place.group, "table": place.table, "bucket": place.bucket}
    given = ["--data", parameter(pipeline.DATA), "--champion", parameter(pipeline.CHAMPION)]
    return [*(f"--{name}={value}" for name, value in names.items()), *given]


def _chosen(training: Training) -> Iterator[str]:
    """What is learnt from."""
    yield f"--label={training.label}"
    for name, value in training.data.model_dump(exclude_none=True).items():
        yield f"--{name.replace('_', '-')}={value}"
    if training.features is not None:
        yield f"--features={training.features}"


def _allowed(model: Model) -> Iterator[str]:
    """Which labels there may be, and which inputs are learnt from by nobody."""
    yield from (f"--least={model.feedback.minimum}", f"--most={model.feedback.maximum}")
    yield from (f"--sensitive={name}" for name in model.capture.sensitive)

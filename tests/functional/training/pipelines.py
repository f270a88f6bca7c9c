"""The training pipeline of the flights as the stack declares it, run by a local SageMaker."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from cdk.pipeline_job import Place
from cdk.training_definition import definition
from sluice.settings.artifact import Artifact
from sluice.settings.deployment import Model
from tests.functional.local_cloud.job_builders import JOB_ROLE, content
from tests.functional.local_cloud.pipeline_builders import PIPELINE_ROLE, a_token
from tests.functional.local_cloud.sagemaker_builders import BUCKET, SageMakerCloud

ASSEMBLE_ROLE = "arn:aws:iam::123456789012:role/assembles"
GROUP = "sluice-flights"
PIPELINE = "sluice-flights-training"
CHAMPION = "models/flights/1/model.tar.gz"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/training:1"
TRAINING = {
    "program": "examples.flights.train:train",
    "image": IMAGE,
    "label": "late",
    "hyperparameters": {"like": "2"},
    "slices": ["carrier"],
}

EVERYTHING: dict[str, Any] = {
    "spot": True,
    "instances": 2,
    "groups": ["origin"],
    "data": {"since_days": 0.5, "until_days": 0.25, "history": "2013.parquet", "history_label": "was_late"},
    "features": "features:compute",
    "approval": "gate",
    "instance_type": "ml.c5.xlarge",
}
ENDPOINT: dict[str, Any] = {
    "instance_type": "ml.c5.large",
    "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1",
    "vpc": {"subnets": ["subnet-1"], "security_groups": ["sg-1"]},
    "network_isolation": True,
}


def a_model(gate: dict[str, Any] | None = None, **training: Any) -> Model:
    variants = {"champion": {"artifact": "build/flights/v1", "weight": 100}}
    return Model.model_validate({"variants": variants, "training": {**TRAINING, **training}, "gate": gate or {}})


def with_everything() -> Model:
    """A model whose pipeline has all that settings can ask for."""
    form = a_model(**EVERYTHING).model_dump(mode="json", exclude_unset=True)
    return Model.model_validate({**form, "endpoint": ENDPOINT})


def a_place() -> Place:
    return Place(
        name="flights",
        group=GROUP,
        assemble_role=ASSEMBLE_ROLE,
        job_role=JOB_ROLE,
        image=IMAGE,
        serving_image="sluice",
        table="state",
        bucket=BUCKET,
        key="arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
        artifacts="models",
    )


def declare(cloud: SageMakerCloud, name: str, model: Model) -> None:
    assert model.training is not None
    cloud.control.create_pipeline(
        PipelineName=name,
        PipelineDefinition=json.dumps(definition(model, model.training, a_place())),
        RoleArn=PIPELINE_ROLE,
        ClientRequestToken=a_token(),
    )


def put_file(cloud: SageMakerCloud, key: str, file: Path) -> None:
    cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=file.read_bytes())


def put_champion(cloud: SageMakerCloud, directory: Path) -> None:
    archive = directory.with_suffix(".tar.gz")
    Artifact.read(directory).pack(archive)
    put_file(cloud, CHAMPION, archive)


def packages(cloud: SageMakerCloud) -> list[dict[str, Any]]:
    """Every registered version."""
    listed = cloud.control.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    return [cloud.control.describe_model_package(ModelPackageName=each["ModelPackageArn"]) for each in listed]


def held(cloud: SageMakerCloud, archive: str) -> dict[str, bytes]:
    """The files of an archive."""
    with tarfile.open(fileobj=io.BytesIO(content(cloud, archive)), mode="r:gz") as opened:
        files = [(member.name, opened.extractfile(member)) for member in opened.getmembers()]
        return {name: file.read() for name, file in files if file is not None}

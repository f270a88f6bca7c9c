"""Where do the jobs of a training pipeline run, and on what?"""

from dataclasses import dataclass
from typing import Any

from sluice.settings.deployment import Model
from sluice.settings.endpoint import has_local_storage
from sluice.settings.training import Training

FOLDER = "/opt/ml/processing"
"""Below which a processing job has its files."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pipeline of a model runs.

    Attributes:
        name: Of the model.
        group: Its package group, called as its endpoint is.
        assemble_role: ARN of the role of the job that assembles.
        job_role: ARN of the role of the jobs that train and judge.
        image: What all of these jobs run.
        serving_image: What registered versions are meant for.
        table: The state table.
        bucket: The data bucket.
        key: ARN of the key that encrypts what is in it.
        artifacts: The folder of the bucket with registered versions.
        checks: S3 URL of the cases that the gate asks about, if there are some.
        commit: Of the checkout that is deployed, if it is one.

    """

    name: str
    group: str
    assemble_role: str
    job_role: str
    image: str
    serving_image: str
    table: str
    bucket: str
    key: str
    artifacts: str
    checks: str | None = None
    commit: str | None = None


def machine(model: Model, training: Training) -> dict[str, Any]:
    """What each of its instances is."""
    fields: dict[str, Any] = {"InstanceType": training.instance_type, "VolumeSizeInGB": training.volume_gb}
    if model.endpoint.kms_key is not None and not has_local_storage(training.instance_type):
        fields["VolumeKmsKeyId"] = model.endpoint.kms_key
    return fields


def network(model: Model) -> dict[str, Any]:
    """The network that it is in, where that is not SageMaker's own."""
    vpc = model.endpoint.vpc
    return {} if vpc is None else {"VpcConfig": {"Subnets": vpc.subnets, "SecurityGroupIds": vpc.security_groups}}

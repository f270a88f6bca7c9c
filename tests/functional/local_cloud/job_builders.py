"""Jobs of a local SageMaker: a role that may read and write, channels in S3, jobs until they end."""

import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

from tests.functional.local_cloud.sagemaker_builders import BUCKET, SageMakerCloud, eventually

PROGRAMS = "tests.functional.local_cloud.job_programs"
FILES_PROGRAM = ["python", "-m", PROGRAMS]
JOB_ROLE = "arn:aws:iam::123456789012:role/jobs"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
}


def a_role(cloud: SageMakerCloud, name: str, *actions: str, resource: str = "*", service: str = "sagemaker") -> str:
    """A role that trusts the service and may do these actions."""
    iam = cloud.client("iam")
    trust = json.dumps(TRUST).replace("sagemaker.amazonaws.com", f"{service}.amazonaws.com")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    return str(arn)


def the_job_role(cloud: SageMakerCloud) -> None:
    a_role(cloud, "jobs", "s3:GetObject", "s3:PutObject", "s3:ListBucket")


def a_channel(name: str, prefix: str, **source: Any) -> dict[str, Any]:
    location = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}", **source}
    return {"ChannelName": name, "DataSource": {"S3DataSource": location}}


def a_training(name: str, program: str = "learn", **over: Any) -> dict[str, Any]:
    """The parameters of CreateTrainingJob."""
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "sluice", "TrainingInputMode": "File"},
        "RoleArn": JOB_ROLE,
        "HyperParameters": {"sluice_program": f"{PROGRAMS}:{program}"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **over,
    }


def a_processing(name: str, **over: Any) -> dict[str, Any]:
    """The parameters of CreateProcessingJob: ``in/`` to ``made/NAME/``."""
    source = {"S3Uri": f"s3://{BUCKET}/in", "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix"}
    target = {"S3Uri": f"s3://{BUCKET}/made/{name}", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10}
    return {
        "ProcessingJobName": name,
        "RoleArn": JOB_ROLE,
        "AppSpecification": {
            "ImageUri": "sluice",
            "ContainerEntrypoint": FILES_PROGRAM,
            "ContainerArguments": ["/opt/ml/processing/in", "/opt/ml/processing/out"],
        },
        "ProcessingInputs": [{"InputName": "rows", "S3Input": {**source, "S3InputMode": "File"}}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "made", "S3Output": target}]},
        "ProcessingResources": {"ClusterConfig": cluster},
        **over,
    }


def a_transform(name: str, model: str, prefix: str, **over: Any) -> dict[str, Any]:
    """The parameters of CreateTransformJob: each line of ``PREFIX`` a request, to ``made/NAME/``."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}}
    return {
        "TransformJobName": name,
        "ModelName": model,
        "BatchStrategy": "SingleRecord",
        "TransformInput": {"DataSource": source, "ContentType": "application/json", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/made/{name}", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        **over,
    }


def put(cloud: SageMakerCloud, objects: Mapping[str, str]) -> None:
    for key, text in objects.items():
        cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())


def trained(cloud: SageMakerCloud, name: str) -> dict[str, Any]:
    """The training job once it is over."""
    return _over(lambda: cloud.control.describe_training_job(TrainingJobName=name), "TrainingJobStatus")


def processed(cloud: SageMakerCloud, name: str) -> dict[str, Any]:
    """The processing job once it is over."""
    return _over(lambda: cloud.control.describe_processing_job(ProcessingJobName=name), "ProcessingJobStatus")


def transformed(cloud: SageMakerCloud, name: str) -> dict[str, Any]:
    """The transform job once it is over."""
    return _over(lambda: cloud.control.describe_transform_job(TransformJobName=name), "TransformJobStatus")


def exists(cloud: SageMakerCloud, key: str) -> bool:
    return bool(cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=key).get("Contents"))


def content(cloud: SageMakerCloud, uri: str) -> bytes:
    key = uri.removeprefix(f"s3://{BUCKET}/")
    body: bytes = cloud.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def unpacked(cloud: SageMakerCloud, uri: str) -> dict[str, str]:
    """The archive's files and what is in them."""
    with tarfile.open(fileobj=io.BytesIO(content(cloud, uri)), mode="r:gz") as archive:
        files = [(member.name, archive.extractfile(member)) for member in archive.getmembers()]
        return {name: file.read().decode() for name, file in files if file is not None}


def _over(describe: Any, status: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        described: dict[str, Any] = describe()
        return None if described[status] in ("InProgress", "Stopping") else described

    over = eventually(found)
    assert over is not None, describe()
    return over

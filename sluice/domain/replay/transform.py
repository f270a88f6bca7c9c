"""How is a candidate asked by a batch transform job? One request a line; its model and its job in SageMaker's words.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.domain.endpoint_config import Declaration, Variant, composed_of
from sluice.domain.errors import TransformFailed
from sluice.domain.message import Message

REPLAYS = "replays"
"""What the keys of a replay's files begin with; they are gone at its end."""

_JSON = "application/json"
_MEGABYTES = 6  # of a request: MaxPayloadInMB
_AT_A_TIME = 4  # requests; times the size of one no more than 100 MB
_LONGEST_ENDPOINT = 47  # of a job's name, which has 63 characters


@dataclass(frozen=True, slots=True)
class Transform:
    """A job that answers a file of requests.

    Attributes:
        model: Parameters of ``CreateModel``.
        job: Parameters of ``CreateTransformJob``.
        bucket: Where its files are.
        folder: What their keys begin with.

    """

    model: Mapping[str, Any]
    job: Mapping[str, Any]
    bucket: str
    folder: str

    @property
    def name(self) -> str:
        """Of the job and of its model."""
        return str(self.job["TransformJobName"])

    @property
    def instance_type(self) -> str:
        """What it runs on."""
        return str(self.job["TransformResources"]["InstanceType"])

    @property
    def requests_key(self) -> str:
        """The file of the requests."""
        return f"{self.folder}/in/requests.jsonl"

    @property
    def answers_prefix(self) -> str:
        """What the key of the answers begins with."""
        return f"{self.folder}/out/"


def compose_transform(
    declared: Declaration, artifact: str, *, bucket: str, identity: str, instance_type: str
) -> Transform:
    """A job whose model is made as the endpoint's are.

    It is a model of its own, whatever the endpoint serves, so that it can be deleted. ``identity`` tells jobs apart.
    Without a GPU, or with a driver too old for the image, it answers on the CPU: only what it answers counts.
    """
    (composed,) = composed_of(declared, [Variant("replay", {"ModelDataUrl": artifact}, 1)]).models
    name = f"{declared.endpoint[:_LONGEST_ENDPOINT]}-replay-{identity}"
    folder = f"{REPLAYS}/{declared.endpoint}/{identity}"
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{folder}/in/"}
    output = {"S3OutputPath": f"s3://{bucket}/{folder}/out", "Accept": _JSON, "AssembleWith": "Line"}
    job = {
        "TransformJobName": name,
        "ModelName": name,
        "MaxConcurrentTransforms": _AT_A_TIME,
        "MaxPayloadInMB": _MEGABYTES,
        "BatchStrategy": "SingleRecord",
        "Environment": {"SLUICE_ALLOW_CPU": "1"},
        "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": _JSON, "SplitType": "Line"},
        "TransformOutput": {**output, **_key(declared)},
        "TransformResources": {"InstanceType": instance_type, "InstanceCount": 1, **_volume(declared, instance_type)},
    }
    return Transform({**composed, "ModelName": name}, job, bucket, folder)


def why_no_line(request: Message) -> str | None:
    """Why a request that fits the model has no place in the file; None where it has."""
    if not request.content_type.startswith(_JSON) or "instances" not in request.decode():
        return "a request is not JSON of V1, of which a batch transform job takes one a line"
    if len(request.body) > _MEGABYTES * 1024 * 1024:
        return f"a request is larger than the {_MEGABYTES} MB that a batch transform job takes"
    return None


def line_of(request: Message) -> bytes:
    """A request without line breaks: in JSON they stand between values only."""
    return request.body.replace(b"\r", b" ").replace(b"\n", b" ").strip()


def answers_of(output: bytes, *, requests: int) -> list[Message]:
    """The answers in the job's file, in the order of the requests. Raises TransformFailed when they are not as many."""
    lines = output.removesuffix(b"\n").split(b"\n")
    if len(lines) != requests:
        raise TransformFailed(
            f"the job gave {len(lines)} lines for {requests} requests: the model's image does not answer in one line"
        )
    return [Message(line, _JSON) for line in lines]


def _key(declared: Declaration) -> dict[str, str]:
    """The key of captured files also encrypts answers; without capture, whatever the bucket says."""
    key = declared.config.get("DataCaptureConfig", {}).get("KmsKeyId")
    return {"KmsKeyId": key} if key else {}


def _volume(declared: Declaration, instance_type: str) -> dict[str, str]:
    """The key of the instances' storage: of other types it is not known whether they have any to encrypt."""
    key = declared.config.get("KmsKeyId")
    return {"VolumeKmsKeyId": key} if key and instance_type == declared.shape.get("InstanceType") else {}

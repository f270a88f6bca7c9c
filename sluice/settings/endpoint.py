"""How does an endpoint run? Instances, scaling, capture, network, keys and updates, within what SageMaker allows."""

import re
from functools import cache
from typing import Annotated, Literal, Self

from botocore.loaders import Loader
from pydantic import AfterValidator, Field, model_validator

from sluice.settings.ecr_image import EcrImage
from sluice.settings.strict import Strict

# GPU and other families whose storage is local NVMe: hardware-encrypted, with no gp2 volume to size or to encrypt
# (CreateEndpointConfig, KmsKeyId: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html).
_NVME_FAMILY = re.compile(r"ml\.(p[4-9]\w*|g[4-9]\w*|trn\w+|dl1|[cmr]\d+[ai]?g?d\w*)(-\w+)?\.")
_KMS_KEY = re.compile(r"arn:aws[\w-]*:kms:[\w-]+:\d{12}:(key|alias)/[\w/-]+")
LONGEST_UPDATE_SECONDS = 28_800
"""The most that MaximumExecutionTimeoutInSeconds of a deployment may be."""
_GPU_FAMILY = re.compile(r"ml\.(p\d|g\d)")
_NEURON_FAMILY = re.compile(r"ml\.(inf|trn)\d")
# Accelerators that the image of model_container/ cannot use: its GPU target takes CUDA 13, which begins at Turing
# (https://docs.nvidia.com/cuda/archive/13.0.0/cuda-toolkit-release-notes/index.html#deprecated-architectures).
_NOT_OURS = {
    _NEURON_FAMILY: "AWS's own accelerators",
    re.compile(r"ml\.dl\d"): "Gaudi accelerators",
    re.compile(r"ml\.p[23]\."): "GPUs too old for CUDA 13",
}


@cache
def hosting_instance_types() -> frozenset[str]:
    """Every instance type SageMaker can host on, from botocore's service model."""
    return _values("ProductionVariantInstanceType")


@cache
def transform_instance_types() -> frozenset[str]:
    """Every instance type that a batch transform job can run on, from botocore's service model."""
    return _values("TransformInstanceType")


@cache
def inference_amis() -> frozenset[str]:
    """Every operating system image with drivers that SageMaker lets one choose, from botocore's service model."""
    return _values("ProductionVariantInferenceAmiVersion")


@cache
def job_instance_types() -> frozenset[str]:
    """Every instance type SageMaker both trains and evaluates on, from botocore's service model."""
    return _values("TrainingInstanceType") & _values("ProcessingInstanceType")


def _values(shape: str) -> frozenset[str]:
    """By the loader alone: a session would read the caller's profile, which need not exist here."""
    return frozenset(Loader().load_service_model("sagemaker", "service-2")["shapes"][shape]["enum"])


def has_local_storage(instance_type: str) -> bool:
    """Whether instances of this type have NVMe storage, which encrypts itself and takes no KMS key."""
    return _NVME_FAMILY.match(instance_type) is not None


def has_gpu(instance_type: str) -> bool:
    """Whether instances of this type carry NVIDIA GPUs."""
    return _GPU_FAMILY.match(instance_type) is not None


def _check_instance_type(name: str) -> str:
    if name not in hosting_instance_types():
        family = name.rsplit(".", 1)[0] + "."
        near = sorted(known for known in hosting_instance_types() if known.startswith(family))
        raise ValueError(f"SageMaker hosts on types such as {', '.join(near[:6] or ['ml.g6.xlarge', 'ml.c7i.large'])}")
    return name


def _check_kms_key(arn: str) -> str:
    if not _KMS_KEY.fullmatch(arn):
        raise ValueError("a key is named by its ARN, such as arn:aws:kms:us-east-1:123456789012:key/...")
    return arn


def check_image(uri: str) -> str:
    """The URI. Raises ValueError unless it names an image in ECR."""
    EcrImage.parse(uri)
    return uri


def _check_ami(name: str) -> str:
    if name not in inference_amis():
        raise ValueError(f"SageMaker knows {', '.join(sorted(inference_amis()))}")
    return name


class Autoscaling(Strict):
    """Target tracking on invocations per instance; each variant scales by itself."""

    min: int = Field(ge=1)
    """Fewest instances of a variant. Real-time variants cannot scale to 0."""

    max: int = Field(ge=1)
    """Most instances of a variant."""

    invocations_per_instance_per_minute: int = Field(ge=1)
    """What one instance should get; more adds instances, less removes them."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.max < self.min:
            raise ValueError(f"max: must be at least min ({self.min}), got {self.max}")
        return self


class Vpc(Strict):
    """Network interfaces of the model containers."""

    subnets: Annotated[list[str], Field(min_length=1, max_length=16)]
    """Subnet ids."""

    security_groups: Annotated[list[str], Field(min_length=1, max_length=5)]
    """Security group ids."""


class Endpoint(Strict):
    """How every variant of an endpoint runs."""

    instance_type: Annotated[str, AfterValidator(_check_instance_type)] = "ml.g6.xlarge"
    """Any type SageMaker hosts on; inf, trn, dl1, p2 and p3 take an `image` of yours. SageMaker refuses to change it
    while autoscaling is on: take `autoscaling` out and deploy first."""

    instances: int = Field(default=1, ge=1)
    """Instances of each variant; with autoscaling, where a new variant starts."""

    hourly_price: float | None = Field(default=None, gt=0)
    """What you pay for an instance an hour, in your currency: the dashboard shows what 1,000 predictions cost. Left
    out: it does not. No price list is built in: prices differ by region and by contract."""

    autoscaling: Autoscaling | None = None
    """Left out: the number of instances is fixed."""

    image: Annotated[str, AfterValidator(check_image)] | None = None
    """URI of a container image in ECR. Left out: built from model_container/ for the instance type (takes Docker)."""

    ami: Annotated[str, AfterValidator(_check_ami)] | None = None
    """Drivers under an `image` of yours (InferenceAmiVersion); an image built from the GPU target of model_container/
    takes al2023-ami-sagemaker-inference-gpu-4-1. Left out: SageMaker's default."""

    startup_timeout_seconds: int = Field(default=600, ge=60, le=3600)
    """How long a container may take until it answers its health check."""

    volume_gb: int | None = Field(default=None, ge=1, le=512)
    """Size of the storage volume; not on types with local NVMe storage."""

    kms_key: Annotated[str, AfterValidator(_check_kms_key)] | None = None
    """ARN of a key for the storage volume; not on types with local NVMe storage, which encrypts itself."""

    vpc: Vpc | None = None
    """Left out: SageMaker's own network."""

    network_isolation: bool = False
    """Whether the model containers get no network at all."""

    @property
    def fewest_instances(self) -> int:
        """The fewest instances a variant may have."""
        return self.autoscaling.min if self.autoscaling else self.instances

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        self._check_image_for_accelerator()
        nvme = has_local_storage(self.instance_type)
        if nvme and self.kms_key:
            raise ValueError(f"kms_key: {self.instance_type} has local NVMe storage, which no KMS key can encrypt")
        if nvme and self.volume_gb:
            raise ValueError(f"volume_gb: {self.instance_type} has local NVMe storage of a fixed size")
        scaling = self.autoscaling
        if scaling and not scaling.min <= self.instances <= scaling.max:
            raise ValueError(f"instances: must be from autoscaling.min to max ({scaling.min} to {scaling.max})")
        return self

    def _check_image_for_accelerator(self) -> None:
        kind, theirs = self.instance_type, self.image is not None
        if not theirs and self.ami is not None:
            raise ValueError("ami: has no effect without an image of yours: ours takes the drivers it needs")
        for family, accelerators in _NOT_OURS.items():
            if not theirs and family.match(kind):
                raise ValueError(
                    f"instance_type: {kind} has {accelerators}, which the image of model_container/ cannot use: "
                    "set image to one that can"
                )
        if self.ami is not None and not (_NEURON_FAMILY.match(kind) if "neuron" in self.ami else has_gpu(kind)):
            raise ValueError(f"ami: {self.ami} has drivers for nothing that {kind} has")


class Capture(Strict):
    """Requests and answers kept in S3, for drift, feedback and replay."""

    percent: int = Field(default=100, ge=0, le=100)
    """Share of the requests; 0 switches capture off."""

    keep_days: int = Field(default=90, ge=1)
    """How long captured files are kept."""

    sensitive: list[str] = Field(default=[])
    """Inputs whose values are kept nowhere: they are taken out of captured files once these are counted, and drift
    knows only how often they are missing or of the wrong type."""


class Update(Strict):
    """How SageMaker replaces instances when the stack changes the endpoint (releases have plans of their own)."""

    strategy: Literal["all_at_once", "canary", "linear", "rolling"] = "all_at_once"
    """`rolling` takes a single production variant; all but `all_at_once` take at least 2 instances."""

    step_percent: int = Field(default=50, ge=5, le=50)
    """Share of the instances in a step (canary: in the first); at least 10 for `linear`."""

    wait_seconds: int = Field(default=300, ge=0, le=3600)
    """How long to wait after each step."""

    @property
    def steps(self) -> int:
        """How many steps there are, each with a wait after it: a canary's two, else as many as make 100 percent."""
        return 2 if self.strategy == "canary" else -(-100 // self.step_percent)

    @property
    def waits_seconds(self) -> int:
        """All waits together."""
        return self.steps * self.wait_seconds

    @model_validator(mode="after")
    def _check_step(self) -> Self:
        if self.strategy == "linear" and self.step_percent < 10:  # noqa: PLR2004  SageMaker's limit
            raise ValueError("step_percent: a linear step is 10 to 50 percent")
        if self.strategy == "all_at_once" and self.model_fields_set & {"step_percent", "wait_seconds"}:
            raise ValueError("step_percent and wait_seconds have no effect with strategy all_at_once")
        return self

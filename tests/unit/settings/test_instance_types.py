import pytest

from sluice.settings.endpoint import Endpoint, has_gpu, hosting_instance_types

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ours:1"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1-a"


def test_the_default_type_is_one_sagemaker_hosts_on() -> None:
    assert Endpoint().instance_type in hosting_instance_types()
    assert has_gpu(Endpoint().instance_type)


@pytest.mark.parametrize(
    ("instance_type", "gpu"),
    [("ml.g4dn.xlarge", True), ("ml.p5.48xlarge", True), ("ml.p6-b200.48xlarge", True), ("ml.c7i.large", False)],
)
def test_gpu_types_are_known_by_their_family(instance_type: str, *, gpu: bool) -> None:
    assert has_gpu(instance_type) is gpu


@pytest.mark.parametrize(
    "instance_type",
    ["ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6e.xlarge", "ml.p4d.24xlarge", "ml.p6-b200.48xlarge"],
)
def test_types_with_local_nvme_storage_take_no_key(instance_type: str) -> None:
    with pytest.raises(ValueError, match="has local NVMe storage, which no KMS key can encrypt"):
        Endpoint(instance_type=instance_type, kms_key=KEY)


@pytest.mark.parametrize("instance_type", ["ml.trn1.2xlarge", "ml.trn1n.32xlarge", "ml.dl1.24xlarge"])
def test_accelerators_with_local_nvme_storage_take_no_key_either(instance_type: str) -> None:
    with pytest.raises(ValueError, match="has local NVMe storage, which no KMS key can encrypt"):
        Endpoint(instance_type=instance_type, kms_key=KEY, image=IMAGE)


@pytest.mark.parametrize(
    "instance_type", ["ml.m5.large", "ml.c7i.large", "ml.r7i.large", "ml.p3.2xlarge", "ml.inf2.xlarge", "ml.c6gn.large"]
)
def test_types_on_network_storage_take_a_key(instance_type: str) -> None:
    assert Endpoint(instance_type=instance_type, kms_key=KEY, image=IMAGE).kms_key == KEY


@pytest.mark.parametrize(
    ("instance_type", "accelerators"),
    [
        ("ml.inf1.xlarge", "AWS's own accelerators"),
        ("ml.inf2.xlarge", "AWS's own accelerators"),
        ("ml.trn1.2xlarge", "AWS's own accelerators"),
        ("ml.trn1n.32xlarge", "AWS's own accelerators"),
        ("ml.trn2.48xlarge", "AWS's own accelerators"),
        ("ml.dl1.24xlarge", "Gaudi accelerators"),
        ("ml.p2.xlarge", "GPUs too old for CUDA 13"),
        ("ml.p3.2xlarge", "GPUs too old for CUDA 13"),
    ],
)
def test_accelerators_our_image_cannot_use_take_another_image(instance_type: str, accelerators: str) -> None:
    with pytest.raises(ValueError, match=f"instance_type: {instance_type} has {accelerators}, which the image"):
        Endpoint(instance_type=instance_type)

    assert Endpoint(instance_type=instance_type, image=IMAGE).instance_type == instance_type


def test_every_other_type_runs_our_image() -> None:
    families = {name.split(".")[1] for name in hosting_instance_types()}
    refused = {"inf1", "inf2", "trn1", "trn1n", "trn2", "dl1", "p2", "p3"}

    runs = {f for f in families - refused if Endpoint(instance_type=a_type_of(f)).image is None}

    assert runs == families - refused
    assert refused <= families


def a_type_of(family: str) -> str:
    return min(name for name in hosting_instance_types() if name.startswith(f"ml.{family}."))


@pytest.mark.parametrize(
    ("instance_type", "ami"),
    [
        ("ml.g6.xlarge", "al2-ami-sagemaker-inference-gpu-3-1"),
        ("ml.p3.2xlarge", "al2-ami-sagemaker-inference-gpu-2"),
        ("ml.inf2.xlarge", "al2-ami-sagemaker-inference-neuron-2"),
    ],
)
def test_drivers_can_be_chosen_for_an_image_of_ones_own(instance_type: str, ami: str) -> None:
    assert Endpoint(instance_type=instance_type, image=IMAGE, ami=ami).ami == ami


@pytest.mark.parametrize(
    ("instance_type", "ami"),
    [
        ("ml.g6.xlarge", "al2-ami-sagemaker-inference-neuron-2"),
        ("ml.inf2.xlarge", "al2-ami-sagemaker-inference-gpu-3-1"),
        ("ml.c7i.large", "al2-ami-sagemaker-inference-gpu-3-1"),
    ],
)
def test_drivers_for_an_accelerator_that_is_not_there_are_refused(instance_type: str, ami: str) -> None:
    with pytest.raises(ValueError, match=f"ami: {ami} has drivers for nothing that {instance_type} has"):
        Endpoint(instance_type=instance_type, image=IMAGE, ami=ami)


def test_our_own_image_has_its_drivers() -> None:
    with pytest.raises(ValueError, match="ami: has no effect without an image of yours"):
        Endpoint(ami="al2023-ami-sagemaker-inference-gpu-4-1")


def test_drivers_that_sagemaker_does_not_know_are_refused_with_those_it_does() -> None:
    with pytest.raises(ValueError, match="SageMaker knows al2-ami-sagemaker-inference-gpu-2, al2"):
        Endpoint(image=IMAGE, ami="ubuntu")

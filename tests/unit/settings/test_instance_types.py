import pytest

from sluice.settings.endpoint import Endpoint, has_gpu, hosting_instance_types

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
    ["ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6e.xlarge", "ml.p4d.24xlarge", "ml.p6-b200.48xlarge", "ml.trn1.2xlarge"],
)
def test_types_with_local_nvme_storage_take_no_key(instance_type: str) -> None:
    with pytest.raises(ValueError, match="has local NVMe storage, which no KMS key can encrypt"):
        Endpoint(instance_type=instance_type, kms_key=KEY)


@pytest.mark.parametrize(
    "instance_type", ["ml.m5.large", "ml.c7i.large", "ml.r7i.large", "ml.p3.2xlarge", "ml.inf2.xlarge", "ml.c6gn.large"]
)
def test_types_on_network_storage_take_a_key(instance_type: str) -> None:
    assert Endpoint(instance_type=instance_type, kms_key=KEY).kms_key == KEY

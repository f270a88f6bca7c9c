from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice.aws.registry import Approval, Package
from sluice.domain.errors import RolloutRefused
from sluice.domain.rollout.rollout import ModelVersion
from sluice.service.registered_candidate import registered_candidate

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)
PACKAGE = Package(
    arn="arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/3",
    number=3,
    version="2",
    artifact="s3://data/2/model.tar.gz",
    inputs_hash=None,
    approval=Approval.APPROVED,
    because="",
    created_at=T0,
    modified_at=T0,
)


@pytest.mark.parametrize("approval", [Approval.APPROVED, Approval.PENDING])
def test_a_package_that_was_not_rejected_can_be_released(approval: Approval) -> None:
    found = registered_candidate(replace(PACKAGE, approval=approval))

    assert found == ModelVersion("2", "s3://data/2/model.tar.gz")


@pytest.mark.parametrize(
    ("because", "said"), [("", "was rejected$"), ("wrong scaling", "was rejected: wrong scaling$")]
)
def test_a_rejected_package_cannot(because: str, said: str) -> None:
    with pytest.raises(RolloutRefused, match=said):
        registered_candidate(replace(PACKAGE, approval=Approval.REJECTED, because=because))


@pytest.mark.parametrize("artifact", [None, "s3://data/2/", "s3://data/2/model.zip", "https://data/2/model.tar.gz"])
def test_a_package_without_an_archive_of_its_own_cannot(artifact: str | None) -> None:
    with pytest.raises(
        RolloutRefused, match=f"package 3 names no archive that can be released, but {artifact or 'no'}"
    ):
        registered_candidate(replace(PACKAGE, artifact=artifact))

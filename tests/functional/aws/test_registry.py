"""Model packages as moto keeps them."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from sluice.aws.registry import Approval, NewPackage, Registry
from sluice.domain.errors import ModelNotFound

GROUP = "sluice-flights"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with mock_aws():
        yield Registry(boto3.client("sagemaker"))


def a_version(version: str) -> NewPackage:
    return NewPackage(GROUP, version, f"s3://data/models/flights/{version}/model.tar.gz", "image:1", "56bb50e4fc4b59d9")


def test_a_version_is_registered_with_what_sluice_must_know_of_it(registry: Registry) -> None:
    package = registry.add(a_version("2"))

    assert package == registry.get(GROUP, "1") == registry.get(GROUP, package.arn)
    assert (package.number, package.version, package.inputs_hash) == (1, "2", "56bb50e4fc4b59d9")
    assert package.artifact == "s3://data/models/flights/2/model.tar.gz"
    assert package.approval is Approval.PENDING


def test_packages_are_listed_newest_first_and_no_more_than_asked_for(registry: Registry) -> None:
    for version in ("1", "2", "3"):
        registry.add(a_version(version))

    assert [package.version for package in registry.newest(GROUP, 2)] == ["3", "2"]
    assert registry.newest("sluice-churn", 2) == []


def test_a_decision_is_kept_with_its_reason(registry: Registry) -> None:
    package = registry.add(a_version("2"))

    approved = registry.decide(package.arn, Approval.APPROVED, "measured on the holdout")
    rejected = registry.decide(package.arn, Approval.REJECTED, "")

    assert (approved.approval, approved.because) == (Approval.APPROVED, "measured on the holdout")
    assert rejected.approval is Approval.REJECTED


def test_a_package_that_somebody_else_registered_is_called_by_its_number(registry: Registry) -> None:
    client = boto3.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName=GROUP)
    client.create_model_package(ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved")

    (package,) = registry.newest(GROUP, 5)

    assert (package.version, package.artifact, package.inputs_hash) == ("1", None, None)


@pytest.mark.parametrize("name", ["7", "arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/7"])
def test_a_package_that_is_not_there_is_said_by_name(registry: Registry, name: str) -> None:
    registry.add(a_version("2"))

    with pytest.raises(ModelNotFound, match=name):
        registry.get(GROUP, name)

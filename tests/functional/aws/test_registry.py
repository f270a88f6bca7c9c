"""Model packages as moto keeps them."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from sluice.aws.registry import Approval, NewPackage, Registry
from sluice.domain.errors import ModelNotFound
from sluice.domain.package_metadata import DIGEST, REFERENCE, as_metadata

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


def test_who_decided_is_kept_beside_what_was_known(registry: Registry) -> None:
    package = registry.add(replace(a_version("2"), digest="ab12", has_reference=True))

    decided = registry.decide(package.arn, Approval.APPROVED, "", by="arn:aws:sts::1:assumed-role/Ops/ann,b")
    details = registry.details(package.arn)

    assert (decided.version, decided.inputs_hash) == ("2", "56bb50e4fc4b59d9")
    assert details.decided_by == "arn:aws:sts::1:assumed-role/Ops/ann-b"
    assert (details.metadata[DIGEST], details.metadata[REFERENCE]) == ("ab12", "yes")
    assert (details.status, details.image) == ("Completed", "image:1")


def test_nobody_is_said_to_have_decided_what_was_decided_elsewhere_since(registry: Registry) -> None:
    client = boto3.client("sagemaker")
    package = registry.add(a_version("2"))
    registry.decide(package.arn, Approval.APPROVED, "", by="ann")
    client.update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus="Rejected",
        CustomerMetadataProperties=registry.details(package.arn).metadata,
    )

    assert registry.details(package.arn).decided_by is None


def test_a_full_metadata_map_stays_as_it_is(registry: Registry) -> None:
    client = boto3.client("sagemaker")
    package = registry.add(a_version("2"))
    full = {f"key-{number}": "text" for number in range(50)}
    client.update_model_package(
        ModelPackageArn=package.arn, ModelApprovalStatus="PendingManualApproval", CustomerMetadataProperties=full
    )

    decided = registry.decide(package.arn, Approval.APPROVED, "", by="ann")

    assert decided.approval is Approval.APPROVED
    assert registry.details(package.arn).decided_by is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [("José @ 10:30, UTC", "José @ 10:30- UTC"), ("a\nb{c}", "a-b-c-"), ("x" * 300, "x" * 256), ("", "-")],
)
def test_metadata_is_put_into_the_registrys_alphabet(text: str, kept: str) -> None:
    assert as_metadata(text) == kept


def test_the_details_of_what_somebody_else_registered_may_be_few(registry: Registry) -> None:
    client = boto3.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName=GROUP)
    statistics = {"ContentType": "application/json", "S3Uri": "s3://data/statistics.json"}
    client.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="Approved",
        ModelMetrics={"ModelQuality": {"Statistics": statistics}},
    )
    (package,) = registry.newest(GROUP, 5)

    details = registry.details(package.arn)

    assert (details.image, details.decided_by, details.modified_by) == (None, None, None)
    assert details.metadata == {}
    assert details.statistics == "s3://data/statistics.json"


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

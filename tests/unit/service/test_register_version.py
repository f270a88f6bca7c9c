from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sluice.aws.artifacts import Artifacts
from sluice.aws.references import References
from sluice.aws.registry import Approval, Registry
from sluice.domain.errors import VersionTaken
from sluice.service.register_version import Version, register_version
from tests.builders import a_store


def pack(archive: Path) -> None:
    archive.write_text("packed")


NEW = Version("flights", "sluice-flights", "2", "abc", "56bb50e4fc4b59d9", "image:1", pack)


@pytest.fixture
def artifacts() -> Iterator[Artifacts]:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="data")
        yield Artifacts(client, bucket="data")


@pytest.fixture
def registry(artifacts: Artifacts) -> Registry:  # noqa: ARG001  after the emulated AWS is there
    return Registry(boto3.client("sagemaker"))


@pytest.fixture
def references(artifacts: Artifacts) -> References:  # noqa: ARG001  after the emulated AWS is there
    client = boto3.client("dynamodb")
    a_store(client)
    return References(client, table="state")


def test_a_registered_version_waits_for_approval(
    artifacts: Artifacts, registry: Registry, references: References
) -> None:
    package = register_version(NEW, artifacts=artifacts, registry=registry, references=references)

    assert (package.version, package.approval) == ("2", Approval.PENDING)
    assert package.artifact == "s3://data/models/flights/2/abc/model.tar.gz"


def test_registering_the_same_again_changes_nothing(
    artifacts: Artifacts, registry: Registry, references: References
) -> None:
    first = register_version(NEW, artifacts=artifacts, registry=registry, references=references)
    register_version(replace(NEW, version="3"), artifacts=artifacts, registry=registry, references=references)

    again = register_version(NEW, artifacts=artifacts, registry=registry, references=references)

    assert again == first
    assert len(registry.newest("sluice-flights", 5)) == 2


def test_a_version_never_means_two_things(artifacts: Artifacts, registry: Registry, references: References) -> None:
    register_version(NEW, artifacts=artifacts, registry=registry, references=references)

    with pytest.raises(VersionTaken, match="version 2 of flights is package 1, with other content"):
        register_version(replace(NEW, digest="def"), artifacts=artifacts, registry=registry, references=references)


def test_its_reference_is_where_drift_is_judged_even_if_it_was_registered_without(
    artifacts: Artifacts, registry: Registry, references: References
) -> None:
    register_version(NEW, artifacts=artifacts, registry=registry, references=references)
    before = references.get("flights", "2")

    register_version(replace(NEW, reference=b"{}"), artifacts=artifacts, registry=registry, references=references)
    register_version(
        replace(NEW, version="3", reference=b"[]"), artifacts=artifacts, registry=registry, references=references
    )

    assert [before, references.get("flights", "2"), references.get("flights", "3")] == [None, b"{}", b"[]"]


def test_an_archive_that_is_in_s3_stays_where_it_is(
    artifacts: Artifacts, registry: Registry, references: References
) -> None:
    there = replace(NEW, archive="s3://elsewhere/2.tar.gz")

    first, again = (
        register_version(there, artifacts=artifacts, registry=registry, references=references) for _ in range(2)
    )

    assert first == again
    assert first.artifact == "s3://elsewhere/2.tar.gz"
    with pytest.raises(VersionTaken):
        register_version(NEW, artifacts=artifacts, registry=registry, references=references)

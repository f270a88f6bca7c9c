import json
from collections.abc import Iterator
from random import Random

import boto3
import pytest
from moto import mock_aws

from sluice.aws.objects import Objects
from sluice.aws.references import LARGEST, References
from sluice.domain.errors import InvalidReference
from sluice.service.declare_references import declare_references
from tests.builders import a_store
from tests.drift_builders import a_reference

TEXT = json.dumps(a_reference().to_dict()).encode()


@pytest.fixture
def references() -> Iterator[References]:
    with mock_aws():
        client = boto3.client("dynamodb")
        a_store(client)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="assets")
        s3.put_object(Bucket="assets", Key="good.json", Body=TEXT)
        s3.put_object(Bucket="assets", Key="bad.json", Body=b"{}")
        yield References(client, table="state")


def declare(references: References, **urls: str) -> None:
    versions = {version.removeprefix("v"): f"s3://assets/{url}.json" for version, url in urls.items()}
    declare_references("flights", versions, objects=Objects(boto3.client("s3")), references=references)


def test_each_version_has_its_reference(references: References) -> None:
    declare(references, v1="good", v2="good")

    assert [references.get("flights", version) for version in ("1", "2", "3")] == [TEXT, TEXT, None]


def test_a_reference_that_cannot_be_used_stops_the_deploy(references: References) -> None:
    with pytest.raises(InvalidReference, match=r"version 2 of flights: reference\.json"):
        declare(references, v2="bad")

    assert references.get("flights", "2") is None


def test_a_reference_that_an_item_cannot_hold_is_refused(references: References) -> None:
    noise = Random(1).randbytes(LARGEST + 1)  # noqa: S311  not for secrets

    with pytest.raises(InvalidReference, match="build it with fewer categories"):
        references.put("flights", "1", noise)

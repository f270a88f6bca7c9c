from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from sluice.aws.state import RoutingStore
from tests.builders import a_store


@pytest.fixture
def store() -> Iterator[RoutingStore]:
    with mock_aws():
        yield a_store(boto3.client("dynamodb"))

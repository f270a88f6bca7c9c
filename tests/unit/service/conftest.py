from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from sluice.aws.state import RoutingStore
from tests.builders import a_store
from tests.functional.release_world import World, a_world


@pytest.fixture
def store() -> Iterator[RoutingStore]:
    with mock_aws():
        yield a_store(boto3.client("dynamodb"))


@pytest.fixture
def world() -> Iterator[World]:
    """A model in service as version v1, and the controller that releases the next."""
    with a_world() as found:
        yield found

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws


@pytest.fixture
def fresh_function() -> Iterator[None]:
    """Functions are built once, on import; each test gets them newly imported, as a new sandbox would."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    before = {name for name in sys.modules if name.startswith("lambdas")}
    for name in before:
        del sys.modules[name]
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def aws() -> Iterator[Any]:
    """Clients of an AWS in this process, by service name."""
    with mock_aws():
        yield boto3.client

import asyncio
from collections.abc import Iterator

import pytest

from tests.functional.api.running import Metrics


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    """Mangum wants the thread's event loop, which Python no longer makes by itself."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Metrics:
    return Metrics(capsys)

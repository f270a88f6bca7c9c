from collections.abc import Iterator

import pytest

from tests.functional.release_world import World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    """A model in service as version v1, and the controller that releases the next."""
    with a_world() as found:
        yield found

from collections.abc import Iterator

import pytest

from tests.functional.chromium import CannotRunHereError, Chromium, find_chromium
from tests.functional.release_world import World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    """A model in service as version v1, and the controller that releases the next."""
    with a_world() as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """A browser; tests that need one are left out only on machines that have none and cannot run npm's."""
    try:
        return find_chromium()
    except CannotRunHereError as why:
        pytest.skip(str(why))

"""Deployments that several tests ask: each is brought up for the first of them and stopped after the last.

Not at the end of the session, as pytest would: a cloud that nobody asks any more takes the machine from other tests.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from tests.end_to_end.deployments import Deployment

#: Fixtures of whole deployments; the tests of one come together.
SHARED = ("releasing", "deployment")

_running: dict[str, ExitStack] = {}


@contextmanager
def shared(name: str, coming_up: AbstractContextManager[Deployment]) -> Iterator[Deployment]:
    """What the fixture of that name is."""
    with ExitStack() as stack:
        running = stack.enter_context(coming_up)
        _running[name] = stack
        yield running
        _running.pop(name, None)


def stop_unless_asked_by(next_test: pytest.Item | None) -> None:
    """Stop the deployments that the next test does not ask: no later one does."""
    wanted = getattr(next_test, "fixturenames", ())
    for name in [name for name in _running if name not in wanted]:
        _running.pop(name).close()

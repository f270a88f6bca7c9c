"""Whatever happens around a release, a crash at any call included: some good version serves, and it comes to an end.

Each history is a seed. One that fails is kept with its story in ``build/failed-histories/<seed>``, and runs again with
the others until it passes; an empty file of that name asks for any other history.
"""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.release_history import History
from tests.functional.release_world import a_world

pytestmark = pytest.mark.ci
HISTORIES, ACTS = 100, 25
_FAILED = Path(__file__).parents[2] / "build" / "failed-histories"


def seeds() -> list[int]:
    """Always the same, and those that failed before."""
    kept = {int(file.name) for file in _FAILED.glob("[0-9]*")}
    return sorted({*range(HISTORIES), *kept})


@pytest.fixture
def untidied() -> Iterator[None]:
    """Garbage is collected between histories: within one it would take a third of the time."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("capsys", "untidied")
@pytest.mark.parametrize("seed", seeds())
def test_whatever_happens_some_good_version_serves_and_every_release_comes_to_an_end(seed: int) -> None:
    versions = {"champion": "v1"} | ({"challenger": "v0"} if seed % 3 == 0 else {})
    with a_world(None, **versions) as world:
        history = History(world, seed)

        try:
            history.run(ACTS)
        except BaseException as never:
            keep(seed, [*history.story, repr(never)])
            never.add_note("\n".join([f"history {seed}:", *history.story]))
            raise

    (_FAILED / str(seed)).unlink(missing_ok=True)


def keep(seed: int, story: list[str]) -> None:
    """Where the next run finds it."""
    _FAILED.mkdir(parents=True, exist_ok=True)
    (_FAILED / str(seed)).write_text("\n".join(story) + "\n", encoding="utf-8")

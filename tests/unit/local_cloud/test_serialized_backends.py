import sys
import threading
from collections.abc import Iterator

import pytest

from local_cloud.functions.replaced import serialized


class Shelf:
    """A backend as moto writes them."""

    def __init__(self) -> None:
        self.books: dict[int, str] = {}

    def add(self, number: int) -> None:
        self.books[number] = "book"

    def titles(self) -> list[str]:
        return [title for _, title in self.books.items()]


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty_threads")
def test_a_reader_never_meets_a_half_made_change() -> None:
    shelf = Shelf()

    def fill() -> None:
        for number in range(20_000):
            shelf.add(number)

    with serialized(Shelf):
        writer = threading.Thread(target=fill)
        writer.start()

        while writer.is_alive():
            shelf.titles()

        writer.join()
    assert len(shelf.titles()) == 20_000


def test_the_backend_is_itself_again_afterwards() -> None:
    before = Shelf.titles

    with serialized(Shelf):
        assert Shelf.titles is not before

    assert Shelf.titles is before

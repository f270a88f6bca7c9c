"""How is moto changed while the local cloud runs, and only then?"""

import functools
import inspect
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """`owner.name` is `value` until the context ends; moto offers no other way in."""
    original = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


@contextmanager
def provided(owner: Any, name: str, value: Any) -> Iterator[None]:
    """`owner.name` is `value` until the context ends, whether moto has that operation or not."""
    if name in vars(owner):
        with replaced(owner, name, value):
            yield
        return
    setattr(owner, name, value)
    try:
        yield
    finally:
        delattr(owner, name)


@contextmanager
def serialized(owner: type) -> Iterator[None]:
    """One thread at a time in the public methods of a backend.

    Moto's backends are dictionaries without locks: reading one while another thread adds to it is a server error.
    """
    lock = threading.RLock()

    def locked(method: Any) -> Any:
        @functools.wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            with lock:
                return method(*arguments, **named)

        return call

    with ExitStack() as replacements:
        for name, method in list(vars(owner).items()):
            if inspect.isfunction(method) and not name.startswith("_"):
                replacements.enter_context(replaced(owner, name, locked(method)))
        yield

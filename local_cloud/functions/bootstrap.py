"""Run as a program in a worker: the clock and the IAM guard first, then AWS's runtime client with the zip's handler.

``python -P bootstrap.py HANDLER GUARD [SPEED STARTED ORIGIN]``; GUARD is a JSON file written by
`local_cloud.functions.functions`; the rest is the local cloud's clock, given when it is faster than the wall's.
Nothing here may import what Lambda would not have: the zip's ``sluice`` and ``lambdas`` must win over the checkout's.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import local_cloud


class _AfterImport(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Calls back once a module was imported, so that a function without boto3 does not pay for it."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name = name
        self._then = then
        self._loader: Any = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._then()


def _install_guard(file: str) -> None:
    """Have each AWS call of this process checked against the role's statements, and noted."""
    from botocore import handlers  # noqa: PLC0415  not in a function without boto3

    checks: list[Callable[..., None]] = []

    def check(**event: Any) -> None:
        if not checks:  # the guard imports boto3, which may itself be half imported when this is registered
            checks.append(_guard(file).check)
        checks[0](**event)

    handlers.BUILTIN_HANDLERS.append(("before-parameter-build", check))  # what botocore registers on new sessions


def _guard(file: str) -> Any:
    from local_cloud.iam.guard import Guard  # noqa: PLC0415  imports boto3

    with open(file) as source:  # noqa: PTH123  pathlib would be imported for this alone
        wanted = json.load(source)
    uses = os.open(wanted.pop("uses"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(action: str, resource: str, allowed: bool) -> None:  # noqa: FBT001  the shape of on_call
        os.write(uses, f"{json.dumps([action, resource, allowed])}\n".encode())

    return Guard(wanted.pop("statements"), on_call=note, **wanted)


def _forget_checkout() -> None:
    """Take the checkout off the path: an editable install put it there. ``local_cloud`` stays importable."""
    checkout = os.path.dirname(os.path.dirname(os.path.abspath(local_cloud.__file__)))  # noqa: PTH100, PTH120
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != checkout]  # noqa: PTH100


def _install_clock(speed: float, started: float, origin: float) -> None:
    """Have `time.time` tell the local cloud's time; `datetime.now`, with which botocore signs, stays on the wall.

    Args:
        speed: Seconds of the local cloud per second of the wall.
        started: The local cloud's time at its start, in seconds since 1970.
        origin: What the monotonic clock, which is the same in all processes of a machine, said then.

    """
    wall, monotonic = time.time, time.monotonic
    time.time = lambda: started + (monotonic() - origin) * speed
    time.time_ns = lambda: int(time.time() * 1e9)
    context = "awslambdaric.lambda_context"
    sys.meta_path.insert(0, _AfterImport(context, lambda: _keep_wall_clock(sys.modules[context], wall)))


def _keep_wall_clock(module: Any, wall: Callable[[], float]) -> None:
    """The time a function has left is counted on the wall, like its timeout."""
    module.time = SimpleNamespace(time=wall)


def main() -> None:
    """Serve events until the process is killed."""
    handler, guard, *clock = sys.argv[1:]
    if clock:
        _install_clock(*map(float, clock))
    _forget_checkout()
    sys.meta_path.insert(0, _AfterImport("botocore.session", lambda: _install_guard(guard)))
    from awslambdaric.__main__ import main as serve  # noqa: PLC0415  the path had to be right first

    serve(["awslambdaric", handler])


if __name__ == "__main__":
    main()

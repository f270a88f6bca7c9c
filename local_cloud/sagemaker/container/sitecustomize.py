"""Run by Python itself at the start of every process of a job: the cloud's clock, and the role's rights.

It finds its way there by PYTHONPATH. Nothing is imported that the program does not import.
"""

import importlib.abc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any


class _BeforeClients(importlib.abc.MetaPathFinder):
    """Has botocore check the calls of every client; a program that calls nothing does not pay for it."""

    def __init__(self, check: Callable[..., None]) -> None:
        self._check = check

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        del path, target
        if fullname == "botocore.session":
            sys.meta_path.remove(self)
            from botocore import handlers  # noqa: PLC0415  see above

            handlers.BUILTIN_HANDLERS.append(("before-parameter-build", self._check))


def _checked(guard: dict[str, Any], uses: str) -> Callable[..., None]:
    """Refuses what IAM would, and notes what was asked for."""
    guards: list[Any] = []

    def note(action: str, resource: str, allowed: bool) -> None:  # noqa: FBT001  the shape of on_call
        with open(uses, "a", encoding="utf-8") as file:  # noqa: PTH123  pathlib would be imported for this alone
            file.write(f"{json.dumps([action, resource, allowed])}\n")

    def check(**event: Any) -> None:
        if not guards:
            from local_cloud.iam.guard import Guard  # noqa: PLC0415  imports boto3

            guards.append(Guard(on_call=note, **guard))
        guards[0].check(**event)

    return check


def _keep_time(speed: float, started: float, origin: float) -> None:
    """`time.time` tells the cloud's time; `datetime.now`, with which botocore signs, stays on the wall."""
    monotonic = time.monotonic
    time.time = lambda: started + (monotonic() - origin) * speed


def _start(file: str) -> None:
    with open(file, encoding="utf-8") as told:  # noqa: PTH123  as above
        form = json.load(told)
    if form["clock"]:
        _keep_time(*form["clock"])
    sys.meta_path.insert(0, _BeforeClients(_checked(form["guard"], form["uses"])))


if __name__ == "sitecustomize" and "SLUICE_LOCAL_JOB" in os.environ:
    _start(os.environ["SLUICE_LOCAL_JOB"])

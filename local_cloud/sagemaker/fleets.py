"""Which model processes run, and how do they become those that should?"""

import itertools
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from local_cloud.context import CloudContext
from local_cloud.sagemaker.artifact import Container
from local_cloud.sagemaker.config import ProductionVariant
from local_cloud.sagemaker.endpoint import Endpoint
from local_cloud.sagemaker.model_process import ModelProcess, Spec

Reported = Callable[[str, int, str], None]


class Fleets:
    """The processes of all endpoints.

    ``ready`` gets endpoint, number of the fleet and variant; ``failed`` gets endpoint, number of the fleet and reason.
    Both are called from the threads of the processes.
    """

    def __init__(
        self,
        context: CloudContext,
        container: Callable[[str], Container],
        command: Sequence[str],
        *,
        ready: Reported,
        failed: Reported,
    ) -> None:
        self._context = context
        self._s3: Any = context.client("s3")
        self._container = container
        self._command = command
        self._ready = ready
        self._failed = failed
        self._serial = itertools.count(1)
        self._running: dict[tuple[str, int, str], ModelProcess] = {}
        self._ending: list[ModelProcess] = []
        self._lock = threading.Lock()

    def match(self, endpoint: Endpoint) -> None:
        """Start what ``endpoint.fleets`` wants and does not run, end what runs and is not wanted; does not wait."""
        wanted = {
            (endpoint.name, fleet.number, spec.name): spec
            for fleet in endpoint.fleets
            for spec in fleet.config.processes
        }
        with self._lock:
            surplus = [key for key in self._running if key[0] == endpoint.name and key not in wanted]
            self._ending = [process for process in self._ending if not process.is_over]
            self._ending += [self._end(key) for key in surplus]
            for key in wanted.keys() - self._running.keys():
                process = self._running[key] = self._prepare(key, wanted[key])
                process.start()

    def process(self, endpoint: str, fleet: int, variant: str) -> ModelProcess:
        """The process of one variant of one fleet. Raises KeyError."""
        return self._running[endpoint, fleet, variant]

    def crash(self, endpoint: str, variant: str) -> None:
        """Kill the processes of a variant, as a fault. Raises KeyError when there is none."""
        with self._lock:
            hit = [process for key, process in self._running.items() if (key[0], key[2]) == (endpoint, variant)]
        if not hit:
            raise KeyError(f"{endpoint}/{variant}")
        for process in hit:
            process.crash()

    def stop(self) -> None:
        """End all processes and wait until they are gone."""
        with self._lock:
            self._ending += [self._end(key) for key in list(self._running)]
        for process in self._ending:
            process.join()
        self._s3.close()

    def _end(self, key: tuple[str, int, str]) -> ModelProcess:
        process = self._running.pop(key)
        process.begin_stop()
        return process

    def _prepare(self, key: tuple[str, int, str], spec: ProductionVariant) -> ModelProcess:
        endpoint, fleet, variant = key
        name = f"{endpoint}-{fleet}-{variant}"
        process = Spec(
            container=partial(self._container, spec.model),
            folder=self._context.folder("models") / f"{name}-{next(self._serial)}",
            log=self._context.folder("logs", "endpoints", endpoint) / f"{variant}.log",
            startup_seconds=spec.startup_seconds,
            command=self._command,
        )
        return ModelProcess(
            process,
            self._s3,
            ready=partial(self._ready, endpoint, fleet, variant),
            failed=partial(self._failed, endpoint, fleet),
        )

"""Which failures has somebody asked for, to see what becomes of a release under them?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self


class FaultKind(StrEnum):
    """What goes wrong, and what its ``value`` means."""

    LATENCY = "latency"  # each request waits that many milliseconds first
    ERROR = "error"  # each request gets a ModelError with that original status
    THROTTLE = "throttle"  # each request gets a ThrottlingException
    HANG = "hang"  # no request is answered within the model's time
    CRASH = "crash"  # the variant's process is killed, now, and replaced; the job's instance is lost
    CAPACITY = "capacity"  # the next ``count`` new fleets, added instances or jobs are refused
    INTERRUPTION = "interruption"  # the job's spot instance is taken away; another comes in that many seconds
    MAINTENANCE = "maintenance"  # the endpoint is SystemUpdating for that many seconds


OF_JOBS = frozenset({FaultKind.CRASH, FaultKind.CAPACITY, FaultKind.INTERRUPTION})
PER_REQUEST = frozenset({FaultKind.LATENCY, FaultKind.ERROR, FaultKind.THROTTLE, FaultKind.HANG})


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure asked for.

    Attributes:
        endpoint: Name of the endpoint it befalls; empty when it befalls a job.
        variant: Name of the variant, where it befalls one.
        kind: What goes wrong.
        value: See FaultKind; 0 where it means nothing.
        count: How many times; None until withdrawn.
        job: Name of the job that it befalls; for CAPACITY, what the name begins with.

    """

    endpoint: str
    variant: str | None
    kind: FaultKind
    value: float = 0
    count: int | None = None
    job: str | None = None

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read the admin call's body. Raises ValueError or KeyError."""
        kind = FaultKind(raw["kind"])
        variant, job = raw.get("variant"), raw.get("job")
        if (job is None and kind is FaultKind.INTERRUPTION) or (job is not None and kind not in OF_JOBS):
            raise ValueError(f"a {kind} fault {'needs a' if job is None else 'befalls no'} job")
        if job is not None:
            return cls("", None, kind, float(raw.get("value", 0)), raw.get("count"), str(job))
        if variant is None and kind not in (FaultKind.CAPACITY, FaultKind.MAINTENANCE):
            raise ValueError(f"a {kind} fault needs a variant")
        return cls(str(raw["endpoint"]), variant, kind, float(raw.get("value", 0)), raw.get("count"))


class Faults:
    """The failures of requests that are waiting to happen; used from one event loop."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], Fault] = {}

    def add(self, fault: Fault) -> None:
        """From now on; replaces an earlier one of the same variant."""
        self._pending[fault.endpoint, fault.variant or ""] = fault

    def clear(self) -> None:
        """Withdraw all."""
        self._pending.clear()

    def take(self, endpoint: str, variant: str) -> Fault | None:
        """The fault that befalls the request being made, if any."""
        fault = self._pending.get((endpoint, variant)) if self._pending else None
        if fault is None or fault.count is None:
            return fault
        if fault.count <= 1:
            del self._pending[endpoint, variant]
        else:
            self._pending[endpoint, variant] = replace(fault, count=fault.count - 1)
        return fault if fault.count > 0 else None

"""When is a step that failed tried again?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

#: By how a job's FailureReason begins.
_OF_JOBS = {"InternalServerError": "SageMaker.JOB_INTERNAL_ERROR", "CapacityError": "SageMaker.CAPACITY_ERROR"}
#: By the code of an API's refusal.
_OF_CALLS = {
    "InternalFailure": "Step.SERVICE_FAULT",
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
    "ServiceUnavailable": "Step.SERVICE_FAULT",
    "ThrottlingException": "Step.THROTTLING",
}
_KNOWN = frozenset({*_OF_JOBS.values(), *_OF_CALLS.values()})
_ATTEMPTS = 5  # MaxAttempts when neither it nor ExpireAfterMin is given


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """One member of RetryPolicies.

    Attributes:
        exceptions: What it is for.
        interval: Before the first retry; ``backoff`` times as long before each next one.
        backoff: See there.
        most: How often it is tried again; None where ``expires`` says for how long.
        expires: Counted from the step's start.

    """

    exceptions: frozenset[str]
    interval: timedelta
    backoff: float
    most: int | None
    expires: timedelta | None

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read one. Raises ValueError for an exception type that SageMaker does not know."""
        exceptions = frozenset(raw["ExceptionType"])
        if unknown := sorted(exceptions - _KNOWN):
            raise ValueError(f"there is no exception type {unknown[0]}")
        minutes = raw.get("ExpireAfterMin")
        return cls(
            exceptions,
            timedelta(seconds=raw.get("IntervalSeconds", 1)),
            raw.get("BackoffRate", 2.0),
            raw.get("MaxAttempts", None if minutes else _ATTEMPTS),
            timedelta(minutes=minutes) if minutes else None,
        )

    def wait(self, exception: str | None, failed: int, *, started: datetime, now: datetime) -> timedelta | None:
        """How long until the next attempt after so many failed ones; None when there is none."""
        if exception not in self.exceptions or (self.most is not None and failed > self.most):
            return None
        pause = self.interval * self.backoff ** (failed - 1)
        return None if self.expires is not None and now + pause > started + self.expires else pause


def of_job(reason: str) -> str | None:
    """The exception type of a job's failure, if it has one."""
    return _OF_JOBS.get(reason.partition(":")[0])


def of_call(code: str) -> str | None:
    """The exception type of an API's error, if it has one."""
    return _OF_CALLS.get(code)

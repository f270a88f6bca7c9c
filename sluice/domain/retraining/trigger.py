"""Why would a model be trained anew? A schedule came round, its inputs drifted, or a person asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sluice.domain.errors import RetrainingRefused
from sluice.domain.training.pipeline import REASON

LONGEST_VALUE = 1024  # of a pipeline's parameter
_LONGEST_PARAMETERS = 4096


class Cause(StrEnum):
    """What started it."""

    SCHEDULE = "schedule"
    DRIFT = "drift"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One call for a retraining.

    Attributes:
        model: Name of the model.
        cause: What calls for it.
        key: The same each time the same event is told, and no other's.
        reason: Why, in words.
        by: Who: an ARN, a user's name, or the part of Sluice that calls.
        at: When it was called for: of a schedule the time it was due, however late it comes; aware, UTC.
        force: Whether cool-down and budget do not count; a person's word alone.
        parameters: For the pipeline, beside the reason.
        version: Of a drift, the version that drifts; else empty.

    """

    model: str
    cause: Cause
    key: str
    reason: str
    by: str
    at: datetime
    force: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    def __post_init__(self) -> None:
        if self.force and self.cause is not Cause.OPERATOR:
            raise RetrainingRefused(f"only a person may force a retraining, not a {self.cause}")
        if not self.reason.strip():
            raise RetrainingRefused("a retraining is started for a reason, got none")
        if not all(isinstance(text, str) for text in (*self.parameters, *self.parameters.values())):
            raise RetrainingRefused("parameters of a pipeline are given as strings")
        length = sum(map(len, (*self.parameters, *self.parameters.values())))
        if length > _LONGEST_PARAMETERS:
            raise RetrainingRefused(f"all parameters have at most {_LONGEST_PARAMETERS} characters, got {length}")
        if REASON in self.parameters:
            raise RetrainingRefused(f"the parameter {REASON} is the reason, which is given apart")

    def all_parameters(self) -> dict[str, str]:
        """What the pipeline is started with."""
        return {**self.parameters, REASON: self.reason[:LONGEST_VALUE]}

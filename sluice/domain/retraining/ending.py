"""How did a retraining end? That the gate refused what it made is its work done; that it broke is a fault to mend."""

from enum import StrEnum

from sluice.domain.retraining.run import NOT_STARTED, SUCCEEDED, Run
from sluice.domain.retraining.trigger import Cause


class Ending(StrEnum):
    """What became of it."""

    MADE = "made"
    """There is a new version."""

    REFUSED = "refused by the gate"
    """The version was not good enough, which the gate's words say."""

    BROKE = "broke"
    """There is no version that could be judged."""

    STOPPED = "stopped"
    """A person stopped it, or asked for what SageMaker would not start and was told so."""


def ending(run: Run) -> Ending | None:
    """How it ended; None while it goes on."""
    if not run.is_over:
        return None
    if run.status == SUCCEEDED:
        return Ending.MADE
    if run.status == "Stopped" or (run.status == NOT_STARTED and run.cause is Cause.OPERATOR):
        return Ending.STOPPED
    return Ending.REFUSED if any(step.is_refusal for step in run.failed) else Ending.BROKE

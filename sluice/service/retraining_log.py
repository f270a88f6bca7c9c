"""What is logged and measured of retrainings, for operators and alarms."""

from sluice.domain.retraining.describe import describe_run
from sluice.domain.retraining.ending import Ending, ending
from sluice.domain.retraining.run import Run
from sluice.telemetry import Dimension, Metric, record

_LONGEST_REASON = 1000


def record_ended(model: str, run: Run) -> None:
    """A retraining is over; one that a person stopped says nothing about whether retraining works."""
    end = ending(run)
    if end is None or end is Ending.STOPPED:
        return
    record(
        {Dimension.MODEL: model},
        {Metric.RETRAINING_FAILED: end is Ending.BROKE, Metric.CANDIDATE_REFUSED: end is Ending.REFUSED},
        event="retraining.ended",
        retraining=run.id,
        model_version=run.version,
        execution=run.execution,
        cause=run.cause.value,
        ending=end.value,
        reason=describe_run(run)[:_LONGEST_REASON],
    )

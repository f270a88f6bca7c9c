"""What is logged and measured of feedback, for operators."""

from collections.abc import Iterable
from datetime import datetime

from sluice.aws.captures import CapturedFile
from sluice.domain.feedback.record import Credit
from sluice.service.index_predictions import Indexed
from sluice.telemetry import Dimension, Metric, record

_LONGEST_REASON = 1000


def record_joined(credit: Credit) -> None:
    """A label or reward was counted."""
    by = credit.to.by
    record(
        {Dimension.MODEL: credit.to.model, Dimension.VARIANT: by.variant},
        {Metric.FEEDBACK_JOINED: 1},
        event="feedback.joined",
        prediction_id=credit.to.prediction_id,
        model_version=by.version,
        goal=credit.feedback.name,
        value=credit.feedback.value,
    )


def record_indexed(file: CapturedFile, indexed: Indexed) -> None:
    """A captured file was taken in."""
    record(
        {Dimension.MODEL: indexed.model, Dimension.VARIANT: indexed.variant},
        {Metric.PREDICTIONS_INDEXED: indexed.predictions},
        event="predictions.indexed",
        file=file.key,
        shadow_copies=indexed.copies,
    )
    odd = {Metric.PREDICTIONS_UNATTRIBUTED: indexed.unattributed, Metric.CAPTURES_UNREADABLE: indexed.poisoned}
    found: dict[Metric, float] = {metric: count for metric, count in odd.items() if count}
    if found:
        record({Dimension.MODEL: indexed.model}, found, event="predictions.odd", file=file.key)


def record_failed(what: CapturedFile | str, failure: Exception) -> None:
    """A notification could not be handled now and comes again."""
    reason = f"{type(failure).__name__}: {failure}"[:_LONGEST_REASON]
    record(
        {},
        {Metric.INDEXING_FAILED: 1},
        event="predictions.index_failed",
        file=str(what)[:_LONGEST_REASON],
        reason=reason,
    )


def record_unmatched(unmatched: Iterable[tuple[str, datetime]]) -> None:
    """Feedback has waited a day in vain for each of these predictions, since an hour."""
    for prediction_id, hour in unmatched:
        record(
            {},
            {Metric.FEEDBACK_UNMATCHED: 1},
            event="feedback.unmatched",
            prediction_id=prediction_id,
            hour=f"{hour:%Y-%m-%dT%HZ}",
        )

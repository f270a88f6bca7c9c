"""What is measured and logged of a request for predictions: who answered, who failed, what was refused."""

from sluice.domain.errors import PredictionUnavailable, RoutingUnavailable, SluiceError
from sluice.domain.invocation import GUARDRAIL_BREACH, InvocationFailed
from sluice.service.predict import Prediction, Question
from sluice.service.routing_cache import Held
from sluice.telemetry import Dimension, Metric, record

_LONGEST_CAUSE = 1000


def record_answer(question: Question, prediction: Prediction, held: Held, *, milliseconds: float) -> None:
    """A variant answered, perhaps in another's place."""
    model = held.routing.model
    record(
        {Dimension.MODEL: model, Dimension.VARIANT: prediction.answer.variant},
        {Metric.PREDICTIONS: 1, Metric.PREDICTION_LATENCY: milliseconds},
        event="prediction.answered",
        prediction_id=question.prediction_id,
        model_version=prediction.model_version,
        rows=question.rows,
        routing_revision=held.routing.revision,
    )
    if prediction.failed is not None:
        _record_fallback(model, question, prediction.failed)


def record_stale(held: Held) -> None:
    """The routing table could not be read lately, if so."""
    if held.is_stale:
        dimensions = {Dimension.MODEL: held.routing.model}
        record(dimensions, {Metric.ROUTING_STALE: 1}, event="routing.stale", reason=held.stale_because)


def _record_fallback(model: str, question: Question, failed: InvocationFailed) -> None:
    breach = {Metric.GUARDRAIL_BREACHES: 1.0} if failed.code == GUARDRAIL_BREACH else {}
    record(
        {Dimension.MODEL: model, Dimension.VARIANT: failed.variant},
        {Metric.FALLBACKS: 1, **breach},
        event="prediction.fell_back",
        prediction_id=question.prediction_id,
        code=failed.code,
        reason=failed.message,
    )


def record_refusal(model: str, prediction_id: str, refused: SluiceError) -> None:
    """Nothing was answered."""
    unavailable = isinstance(refused, PredictionUnavailable | RoutingUnavailable)
    record(
        {Dimension.MODEL: model},
        {Metric.PREDICTIONS_UNAVAILABLE if unavailable else Metric.REQUESTS_REFUSED: 1},
        event="prediction.unavailable" if unavailable else "prediction.refused",
        prediction_id=prediction_id,
        error=type(refused).__name__,
        reason=str(refused),
        cause=str(refused.__cause__ or "")[:_LONGEST_CAUSE],
    )

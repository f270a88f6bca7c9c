"""One request, the whole way: read it, ask the model, say who answered, and record both."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response

from sluice.api.problem_types import ANSWER_TOO_LARGE
from sluice.api.problems import Refused
from sluice.api.request import HEADER_LENGTH, Reader, content_of, unit_of
from sluice.api.size import LARGEST_RESPONSE, fits
from sluice.domain.errors import PredictionUnavailable, RoutingUnavailable, SluiceError
from sluice.domain.invocation import GUARDRAIL_BREACH, InvocationFailed
from sluice.service.predict import BINARY_TYPE, Prediction, Predictor, Question
from sluice.service.routing_cache import Held, RoutingCache
from sluice.telemetry import Dimension, Metric, record

_LONGEST_CAUSE = 1000


@dataclass(frozen=True, slots=True)
class Services:
    """What answering takes.

    Attributes:
        routings: The routing tables.
        predictor: Asks the variants.
        new_id: Makes a prediction id: 1 to 64 printable characters, never the same twice.
        clock: Seconds, never going back.

    """

    routings: RoutingCache
    predictor: Predictor
    new_id: Callable[[], str]
    clock: Callable[[], float]


async def answer(
    services: Services, request: Request, model: str, read: Reader, *, version: str | None = None
) -> Response:
    """Answer a prediction request. Raises SluiceError, after recording it."""
    started = services.clock()
    prediction_id = services.new_id()
    request.state.prediction_id = prediction_id
    try:
        held = services.routings.get(model)
        body = read(request, await content_of(request), held.routing.signature)
        unit = unit_of(request, default=prediction_id)
        question = Question(prediction_id, unit, body.rows, body.content, body.content_type, version)
        prediction = services.predictor.predict(question, held.routing)
        _check_size(prediction)
    except SluiceError as refused:
        if model in services.routings.models:  # a name the caller made up would become a metric of its own
            _record_refusal(model, prediction_id, refused)
        raise
    _record(question, prediction, held, milliseconds=(services.clock() - started) * 1000)
    return _response(prediction_id, prediction, held)


def _check_size(prediction: Prediction) -> None:
    answer = prediction.answer
    if not fits(answer.body, answer.content_type):
        detail = f"the answer has {len(answer.body)} bytes; encoded, more than the {LARGEST_RESPONSE} that Lambda sends"
        raise Refused(ANSWER_TOO_LARGE, detail)


def _response(prediction_id: str, prediction: Prediction, held: Held) -> Response:
    answer = prediction.answer
    headers = {
        "X-Sluice-Prediction-Id": prediction_id,
        "X-Sluice-Variant": answer.variant,
        "X-Sluice-Model-Version": prediction.model_version,
    }
    if prediction.failed is not None:
        headers["X-Sluice-Fallback-From"] = prediction.failed.variant
    if held.is_stale:
        headers["X-Sluice-Routing"] = "stale"
    media_type = answer.content_type
    if media_type.startswith(BINARY_TYPE):
        headers[HEADER_LENGTH] = media_type.removeprefix(BINARY_TYPE)
        media_type = "application/octet-stream"
    return Response(answer.body, headers=headers, media_type=media_type)


def _record(question: Question, prediction: Prediction, held: Held, *, milliseconds: float) -> None:
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
    if held.is_stale:
        record({Dimension.MODEL: model}, {Metric.ROUTING_STALE: 1}, event="routing.stale", reason=held.stale_because)


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


def _record_refusal(model: str, prediction_id: str, refused: SluiceError) -> None:
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

"""One request, the whole way: read it, ask the model, say who answered, and record both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request, Response

from sluice.api.problem_types import ANSWER_TOO_LARGE
from sluice.api.problems import Refused
from sluice.api.recording import record_answer, record_refusal, record_stale
from sluice.api.request import HEADER_LENGTH, Body, Reader, content_of, groups_of, unit_of
from sluice.api.size import LARGEST_RESPONSE, fits
from sluice.domain.errors import SluiceError
from sluice.domain.message import BINARY_TYPE
from sluice.service.predict import Prediction, Predictor, Question
from sluice.service.routing_cache import Held, RoutingCache


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


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that has come, and the routing table it is answered by."""

    request: Request
    prediction_id: str
    content: bytes
    held: Held

    def question(self, body: Body, version: str | None = None) -> Question:
        """What it asks. Raises Refused."""
        unit = unit_of(self.request, default=self.prediction_id)
        groups = groups_of(self.request)
        return Question(self.prediction_id, unit, body.rows, body.content, body.content_type, version, groups)


@dataclass(frozen=True, slots=True)
class Given:
    """What is answered, and by whom: by one variant, or by two together."""

    question: Question
    by: Sequence[Prediction]
    content: bytes
    media_type: str


Answerer = Callable[[Arrival], Given]


async def answer(
    services: Services, request: Request, model: str, read: Reader, *, version: str | None = None
) -> Response:
    """Answer a prediction request. Raises SluiceError, after recording it."""

    def predict(arrival: Arrival) -> Given:
        routing = arrival.held.routing
        question = arrival.question(read(request, arrival.content, routing.signature), version)
        prediction = services.predictor.predict(question, routing)
        return Given(question, (prediction,), prediction.answer.body, prediction.answer.content_type)

    return await respond(services, request, model, predict)


async def respond(services: Services, request: Request, model: str, give: Answerer) -> Response:
    """Have a request answered, say who did it, and record it. Raises SluiceError, after recording it."""
    started = services.clock()
    prediction_id = services.new_id()
    request.state.prediction_id = prediction_id
    try:
        held = services.routings.get(model)
        given = give(Arrival(request, prediction_id, await content_of(request), held))
        _check_size(given)
    except SluiceError as refused:
        if model in services.routings.models:  # a name the caller made up would become a metric of its own
            record_refusal(model, prediction_id, refused)
        raise
    for prediction in given.by:
        record_answer(given.question, prediction, held, milliseconds=(services.clock() - started) * 1000)
    record_stale(held)
    return _response(given, held)


def _check_size(given: Given) -> None:
    if not fits(given.content, given.media_type):
        size = len(given.content)
        detail = f"the answer has {size} bytes; encoded, more than the {LARGEST_RESPONSE} that Lambda sends"
        raise Refused(ANSWER_TOO_LARGE, detail)


def _response(given: Given, held: Held) -> Response:
    headers = {
        "X-Sluice-Prediction-Id": given.question.prediction_id,
        "X-Sluice-Variant": ",".join(each.answer.variant for each in given.by),
        "X-Sluice-Model-Version": ",".join(each.model_version for each in given.by),
    }
    for failed in (each.failed for each in given.by if each.failed is not None):
        headers["X-Sluice-Fallback-From"] = failed.variant
    if held.is_stale:
        headers["X-Sluice-Routing"] = "stale"
    media_type = given.media_type
    if media_type.startswith(BINARY_TYPE):
        headers[HEADER_LENGTH] = media_type.removeprefix(BINARY_TYPE)
        media_type = "application/octet-stream"
    return Response(given.content, headers=headers, media_type=media_type)

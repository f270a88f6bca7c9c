"""Labels and rewards for predictions: one or up to a hundred a request, each with an answer of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sluice.api import problems
from sluice.api.contract import FEEDBACK_EXCHANGE, PROBLEM_RESPONSES
from sluice.api.request import json_of
from sluice.domain.errors import InvalidFeedback, SluiceError, StoreUnavailable, Violation
from sluice.domain.feedback.item import read_feedback
from sluice.service.record_feedback import record_feedback
from sluice.service.settle_feedback import Ledger
from sluice.telemetry import Metric, record

_MOST_ITEMS = 100
_ACCEPTED = 202
_BATCH = "feedback"


@dataclass(frozen=True, slots=True)
class FeedbackServices:
    """What taking feedback takes.

    Attributes:
        ledger: Where predictions and feedback meet.
        now: The time; aware, UTC.

    """

    ledger: Ledger
    now: Callable[[], datetime]


def create_app(services: FeedbackServices) -> FastAPI:
    """The API as an ASGI application."""
    app = FastAPI(title="Sluice feedback", docs_url=None, redoc_url=None, openapi_url=None, responses=PROBLEM_RESPONSES)
    problems.install(app)

    @app.post(
        "/v1/feedback",
        summary="Say what became of predictions",
        status_code=_ACCEPTED,
        openapi_extra=FEEDBACK_EXCHANGE,
    )
    async def feedback(request: Request) -> Response:
        form = await json_of(request)
        is_batch = isinstance(form, dict) and _BATCH in form
        content = _take_batch(form, services) if is_batch else _take_one(form, services)
        return JSONResponse(content, _ACCEPTED)

    return app


def _take_one(form: Any, services: FeedbackServices) -> dict[str, Any]:
    """Raises SluiceError when it is refused."""
    try:
        return _take(form, services)
    except SluiceError as refused:
        _record_refusals([refused])
        raise


def _take_batch(form: dict[str, Any], services: FeedbackServices) -> dict[str, Any]:
    """A refused item is answered by its problem. Raises InvalidFeedback when there is no list of items at all."""
    items, refusals, answers = form[_BATCH], list[SluiceError](), list[dict[str, Any]]()
    if not isinstance(items, list) or not 0 < len(items) <= _MOST_ITEMS or len(form) > 1:
        expected, got = f"a list of 1 to {_MOST_ITEMS} items, and nothing beside it", f"{form!r:.60}"
        raise InvalidFeedback([Violation(_BATCH, expected, f"{len(items)} items" if isinstance(items, list) else got)])
    away: StoreUnavailable | None = None
    for place, item in enumerate(items):
        try:
            answers.append(_take(item, services, away=away))
        except SluiceError as refused:
            away = refused if isinstance(refused, StoreUnavailable) else away
            placed = _placed(refused, f"{_BATCH}[{place}]")
            refusals.append(placed)
            answers.append({**_identity(item), "status": "refused", "problem": problems.problem_of(placed)})
    _record_refusals(refusals)
    return {_BATCH: answers}


def _take(form: Any, services: FeedbackServices, *, away: StoreUnavailable | None = None) -> dict[str, Any]:
    """Take one item. Raises SluiceError; ``away`` at once, so that a batch waits once for a store that is away."""
    now = services.now()
    feedback = read_feedback(form, now=now)
    if away is not None:
        raise away
    status = record_feedback(feedback, services.ledger, now=now)
    return {"prediction_id": feedback.prediction_id, "name": feedback.name, "status": status}


def _identity(form: Any) -> dict[str, Any]:
    """What the caller calls it, as far as that can be read."""
    given = form.get("prediction_id") if isinstance(form, dict) else None
    return {"prediction_id": given if isinstance(given, str) else ""}


def _placed(refused: SluiceError, place: str) -> SluiceError:
    """The same with paths from the top of the request."""
    if not isinstance(refused, InvalidFeedback):
        return refused
    return InvalidFeedback(
        [Violation(f"{place}.{v.where}" if v.where else place, v.expected, v.got) for v in refused.violations]
    )


def _record_refusals(refusals: list[SluiceError]) -> None:
    if refusals:
        reasons = [f"{type(refused).__name__}: {refused}" for refused in refusals]
        record({}, {Metric.FEEDBACK_REFUSED: len(refusals)}, event="feedback.refused", reasons=reasons[:10])

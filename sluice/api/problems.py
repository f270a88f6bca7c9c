"""How does the API say no? Every refusal is an RFC 9457 problem; no stack trace reaches a caller."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from sluice.api import problem_types as types
from sluice.api.model_refusal import what_the_model_said
from sluice.api.problem_types import ProblemType
from sluice.domain.errors import (
    InvalidInput,
    ModelNotFound,
    PredictionUnavailable,
    RoutingUnavailable,
    SluiceError,
)
from sluice.domain.invocation import InvocationFailed

MEDIA_TYPE = "application/problem+json"
_TYPE_PREFIX = "urn:sluice:problem:"

# The one table from errors to HTTP. An error that is not here is ours to mend: 500.
_BY_ERROR: Mapping[type[Exception], ProblemType] = {
    InvalidInput: types.INVALID_INPUT,
    ModelNotFound: types.NOT_FOUND,
    InvocationFailed: types.REFUSED_BY_MODEL,
    PredictionUnavailable: types.UNAVAILABLE,
    RoutingUnavailable: types.ROUTING_UNAVAILABLE,
}


class Refused(SluiceError):
    """A request that the API itself refuses, before any model is involved."""

    def __init__(self, problem: ProblemType, detail: str) -> None:
        self.problem = problem
        super().__init__(detail)


def problem_response(
    problem: ProblemType, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> JSONResponse:
    """A problem as a response; ``members`` extend it, as RFC 9457 section 3.2 allows.

    ``error`` repeats the detail, because clients of the Open Inference Protocol look there.
    """
    body = {
        "type": _TYPE_PREFIX + problem.name,
        "title": problem.title,
        "status": int(problem.status),
        "detail": detail,
        "remedy": problem.remedy,
        "error": detail,
        **members,
    }
    again = problem.retry_after_seconds
    retry = {} if again is None else {"Retry-After": str(again)}
    return JSONResponse(body, problem.status, headers={**retry, **(headers or {})}, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of an app a problem."""
    app.add_exception_handler(SluiceError, _on_refusal)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    problem = error.problem if isinstance(error, Refused) else _BY_ERROR.get(type(error), types.INTERNAL)
    detail, violations = str(error), None
    if isinstance(error, InvalidInput):
        violations = [{"where": v.where, "expected": v.expected, "got": v.got} for v in error.violations]
    elif isinstance(error, InvocationFailed):
        detail, violations = what_the_model_said(error)
    members = {} if violations is None else {"violations": violations}
    return problem_response(problem, detail, headers=_identity(request), **members)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    headers = getattr(error, "headers", None)
    if getattr(error, "status_code", None) == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.url.path} does not take {request.method}"
        return problem_response(types.METHOD_NOT_ALLOWED, detail, headers=headers)
    return problem_response(types.NOT_FOUND, f"there is nothing at {request.url.path}", headers=headers)


async def _on_bug(request: Request, _: Exception) -> JSONResponse:
    return problem_response(types.INTERNAL, "unexpected error", headers=_identity(request))


def _identity(request: Request) -> dict[str, str]:
    prediction_id = getattr(request.state, "prediction_id", None)
    return {} if prediction_id is None else {"X-Sluice-Prediction-Id": prediction_id}

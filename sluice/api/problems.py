"""How does the API say no? Every refusal as an RFC 9457 problem: a stable type, what happened, what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import StarletteHTTPException
from fastapi.responses import JSONResponse

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
_ROUTING_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem.

    Attributes:
        name: Last part of the problem's ``type``; never changes once published.
        status: HTTP status.
        title: The same for every occurrence.
        remedy: What the caller can do.

    """

    name: str
    status: HTTPStatus
    title: str
    remedy: str


INVALID_INPUT = ProblemType(
    "invalid-input",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The data does not fit the model",
    "Correct the places listed in violations; GET /v2/models/<model> shows what the model takes.",
)
MALFORMED_BODY = ProblemType(
    "malformed-body",
    HTTPStatus.BAD_REQUEST,
    "The body cannot be read",
    "Send well-formed JSON without NaN or Infinity, or a binary body as the Open Inference Protocol describes it.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "The content type is not one the API reads",
    "Send Content-Type: application/json, or application/octet-stream with Inference-Header-Content-Length on /v2.",
)
BODY_TOO_LARGE = ProblemType(
    "body-too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The body is larger than a model can be sent",
    "Send fewer rows a request: at most 6,291,456 bytes.",
)
INVALID_UNIT = ProblemType(
    "invalid-unit",
    HTTPStatus.BAD_REQUEST,
    "The assignment unit cannot be used",
    "Send X-Sluice-Unit as 1 to 256 visible ASCII characters, or leave it out.",
)
NOT_FOUND = ProblemType(
    "not-found",
    HTTPStatus.NOT_FOUND,
    "There is no such model, version or path",
    "GET /openapi.json of the project lists the paths; the detail lists the models or versions that are served.",
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "The path exists, the method does not",
    "Use a method listed in the Allow header.",
)
REFUSED_BY_MODEL = ProblemType(
    "refused-by-model",
    HTTPStatus.BAD_REQUEST,
    "The model refused the data",
    "Correct the data as the detail says; asking again gives the same answer.",
)
UNAVAILABLE = ProblemType(
    "prediction-unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "No variant of the model could answer",
    "Ask again after the seconds in Retry-After.",
)
ROUTING_UNAVAILABLE = ProblemType(
    "routing-unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "It is not known where to send the request",
    "Ask again after the seconds in Retry-After; an operator sees why with `sluice status`.",
)
INTERNAL = ProblemType(
    "internal-error",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Something went wrong on our side",
    "Ask again; if it stays, give the operator the prediction id of this answer.",
)

ALL_TYPES = (
    INVALID_INPUT,
    MALFORMED_BODY,
    UNSUPPORTED_MEDIA_TYPE,
    BODY_TOO_LARGE,
    INVALID_UNIT,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    REFUSED_BY_MODEL,
    UNAVAILABLE,
    ROUTING_UNAVAILABLE,
    INTERNAL,
)


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
    return JSONResponse(body, problem.status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def to_response(error: SluiceError) -> JSONResponse:
    """The problem that stands for an error: the one table from errors to HTTP."""
    match error:
        case Refused():
            return problem_response(error.problem, str(error))
        case InvalidInput():
            violations = [{"where": v.where, "expected": v.expected, "got": v.got} for v in error.violations]
            return problem_response(INVALID_INPUT, str(error), violations=violations)
        case ModelNotFound():
            return problem_response(NOT_FOUND, str(error))
        case InvocationFailed():
            return problem_response(REFUSED_BY_MODEL, error.message)
        case PredictionUnavailable():
            headers = {"Retry-After": str(error.retry_after_seconds)}
            return problem_response(UNAVAILABLE, str(error), headers=headers)
        case RoutingUnavailable():
            return problem_response(
                ROUTING_UNAVAILABLE, str(error), headers={"Retry-After": str(_ROUTING_RETRY_SECONDS)}
            )
    return problem_response(INTERNAL, "unexpected error")


def install(app: FastAPI) -> None:
    """Make every error of an app a problem; no stack trace reaches a caller."""
    app.add_exception_handler(SluiceError, _on_error)
    app.add_exception_handler(StarletteHTTPException, _on_http_error)


async def _on_error(_: Request, error: Exception) -> JSONResponse:
    return to_response(error) if isinstance(error, SluiceError) else problem_response(INTERNAL, "unexpected error")


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    status = getattr(error, "status_code", 0)
    headers = getattr(error, "headers", None)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return problem_response(METHOD_NOT_ALLOWED, f"{request.method} {request.url.path}", headers=headers)
    return problem_response(NOT_FOUND, f"there is nothing at {request.url.path}", headers=headers)

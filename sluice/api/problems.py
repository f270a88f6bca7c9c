"""How does the API say no? Every refusal is an RFC 9457 problem; no stack trace reaches a caller."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from sluice.api import problem_types as types
from sluice.api.invalid_request import violations_of
from sluice.api.model_refusal import what_the_model_said
from sluice.api.problem_types import ProblemType
from sluice.domain.errors import (
    ArchiveUnreadable,
    ConflictingFeedback,
    ExperimentNotFound,
    ExperimentRefused,
    InvalidExperiment,
    InvalidFeedback,
    InvalidInput,
    InvalidPlan,
    InvalidRules,
    InvalidWeights,
    ModelNotFound,
    PredictionUnavailable,
    PropensityMissing,
    RolloutNotFound,
    RolloutRefused,
    RoutingUnavailable,
    SluiceError,
    StaleWrite,
    StoreUnavailable,
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
    InvalidPlan: types.INVALID_PLAN,
    InvalidRules: types.INVALID_PLAN,
    RolloutRefused: types.ROLLOUT_REFUSED,
    ArchiveUnreadable: types.ROLLOUT_REFUSED,
    RolloutNotFound: types.ROLLOUT_NOT_FOUND,
    InvalidWeights: types.INVALID_WEIGHTS,
    InvalidExperiment: types.INVALID_EXPERIMENT,
    ExperimentRefused: types.EXPERIMENT_REFUSED,
    ExperimentNotFound: types.EXPERIMENT_NOT_FOUND,
    PropensityMissing: types.NOTHING_TO_ESTIMATE,
    StaleWrite: types.STALE_WRITE,
    InvalidFeedback: types.INVALID_FEEDBACK,
    ConflictingFeedback: types.CONFLICTING_FEEDBACK,
    StoreUnavailable: types.FEEDBACK_UNAVAILABLE,
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
    body = problem_body(problem, detail, **members)
    again = problem.retry_after_seconds
    retry = {} if again is None else {"Retry-After": str(again)}
    return JSONResponse(body, problem.status, headers={**retry, **(headers or {})}, media_type=MEDIA_TYPE)


def problem_body(problem: ProblemType, detail: str, **members: Any) -> dict[str, Any]:
    """A problem as JSON."""
    return {
        "type": _TYPE_PREFIX + problem.name,
        "title": problem.title,
        "status": int(problem.status),
        "detail": detail,
        "remedy": problem.remedy,
        "error": detail,
        **members,
    }


def problem_of(error: SluiceError) -> dict[str, Any]:
    """What an error is to a caller, as JSON."""
    return problem_body(_type_of(error), str(error), **_violations(error))


def install(app: FastAPI) -> None:
    """Make every error of an app a problem."""
    app.add_exception_handler(SluiceError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    detail, members = str(error), _violations(error)
    if isinstance(error, InvocationFailed):
        detail, violations = what_the_model_said(error)
        members = {} if violations is None else {"violations": violations}
    return problem_response(_type_of(error), detail, headers=_identity(request), **members)


def _type_of(error: Exception) -> ProblemType:
    return error.problem if isinstance(error, Refused) else _BY_ERROR.get(type(error), types.INTERNAL)


def _violations(error: Exception) -> dict[str, Any]:
    if not isinstance(error, InvalidInput | InvalidFeedback):
        return {}
    return {"violations": [{"where": v.where, "expected": v.expected, "got": v.got} for v in error.violations]}


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    if any(each["type"] == "json_invalid" for each in errors):
        return problem_response(types.MALFORMED_BODY, "the body is not JSON")
    violations = violations_of(errors)
    detail = "; ".join(f"{each['where']}: {each['expected']}, got {each['got']}" for each in violations)
    return problem_response(types.INVALID_REQUEST, detail, violations=violations)


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

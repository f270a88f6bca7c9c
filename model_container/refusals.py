"""How is a refusal written? As the Open Inference Protocol says below /v2, as a problem (RFC 9457) elsewhere."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from model_container.errors import STATUS
from model_container.log import log, log_failure
from sluice.domain.errors import InvalidInput, SluiceError

_CLIENT_GONE = 499
_LONGEST_LOGGED = 200


async def refuse(request: Request, error: Exception) -> Response:
    """Answer one of our refusals."""
    status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR) if isinstance(error, SluiceError) else 500
    return _write(request, HTTPStatus(status), str(error), error)


async def refuse_route(request: Request, error: Exception) -> Response:
    """Answer an unknown path or a wrong method."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    return _write(request, status, f"{status.phrase}: {request.method} {request.url.path}", headers=error.headers)


async def refuse_bug(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw, without its stack trace, which goes to the log."""
    log_failure("request.crashed", error, path=request.url.path)
    return _write(request, HTTPStatus.INTERNAL_SERVER_ERROR, "this is a bug of the container; its log says more")


async def forget_client(_: Request, __: Exception) -> Response:
    """A caller that left before its body was complete; nobody reads this."""
    return Response(status_code=_CLIENT_GONE)


HANDLERS: Mapping[Any, Any] = {
    SluiceError: refuse,
    HTTPException: refuse_route,
    ClientDisconnect: forget_client,
    Exception: refuse_bug,
}


def _write(
    request: Request,
    status: HTTPStatus,
    detail: str,
    error: Exception | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    path = request.url.path[:_LONGEST_LOGGED]
    if isinstance(error, InvalidInput):
        # Where data does not fit, not what was sent: requests hold people's data, logs must not.
        places = [violation.where[:_LONGEST_LOGGED] for violation in error.violations]
        log("request.refused", path=path, status=int(status), places=places)
    else:
        log("request.refused", path=path, status=int(status), detail=detail[:_LONGEST_LOGGED])
    if request.url.path.startswith("/v2"):
        return JSONResponse({"error": detail}, status, headers)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
    }
    if isinstance(error, InvalidInput):
        problem["violations"] = [{"where": v.where, "expected": v.expected, "got": v.got} for v in error.violations]
    return JSONResponse(problem, status, headers, media_type="application/problem+json")

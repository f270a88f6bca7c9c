"""How is a refusal written? As the Open Inference Protocol says below /v2, as a problem (RFC 9457) elsewhere."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from model_container.errors import BUG, KINDS, Kind
from model_container.log import log
from sluice.domain.errors import InvalidInput, SluiceError

_TYPE_PREFIX = "urn:sluice:problem:"
_CLIENT_GONE = 499
_LONGEST_LOGGED = 200


async def refuse_data(request: Request, error: Exception) -> Response:
    """Answer data that does not fit; logged is where, not what: requests hold people's data, logs must not."""
    if not isinstance(error, InvalidInput):
        raise error
    places = [violation.where[:_LONGEST_LOGGED] for violation in error.violations]
    log("request.refused", **_logged(request), status=int(KINDS[InvalidInput].status), places=places)
    violations = [{"where": v.where, "expected": v.expected, "got": v.got} for v in error.violations]
    return _write(request, KINDS[InvalidInput], str(error), violations=violations)


async def refuse(request: Request, error: Exception) -> Response:
    """Answer any other of our refusals."""
    kind = next((KINDS[parent] for parent in type(error).__mro__ if parent in KINDS), BUG)
    log("request.refused", **_logged(request), status=int(kind.status), detail=str(error)[:_LONGEST_LOGGED])
    return _write(request, kind, str(error))


async def refuse_route(request: Request, error: Exception) -> Response:
    """Answer an unknown path or a wrong method."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    log("request.refused", **_logged(request), status=int(status))
    kind = Kind(status.phrase.lower().replace(" ", "-"), status)
    detail = f"{status.phrase}: {request.method} {request.url.path}"
    return _write(request, kind, detail, headers=error.headers)


async def refuse_bug(request: Request, _: Exception) -> Response:
    """Answer what nobody foresaw; Starlette then raises it again, and uvicorn logs its stack trace."""
    return _write(request, BUG, "this is a bug of the container; its log says more")


async def forget_client(_: Request, __: Exception) -> Response:
    """A caller that left before its body was complete; nobody reads this."""
    return Response(status_code=_CLIENT_GONE)


HANDLERS: Mapping[Any, Any] = {
    InvalidInput: refuse_data,
    SluiceError: refuse,
    HTTPException: refuse_route,
    ClientDisconnect: forget_client,
    Exception: refuse_bug,
}


def _logged(request: Request) -> dict[str, str]:
    return {"method": request.method, "path": request.url.path[:_LONGEST_LOGGED]}


def _write(
    request: Request,
    kind: Kind,
    detail: str,
    *,
    violations: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    if request.url.path.startswith("/v2"):
        return JSONResponse({"error": detail}, kind.status, headers)
    problem: dict[str, Any] = {
        "type": _TYPE_PREFIX + kind.name,
        "title": kind.status.phrase,
        "status": int(kind.status),
        "detail": detail,
    }
    if violations is not None:
        problem["violations"] = violations
    return JSONResponse(problem, kind.status, headers, media_type="application/problem+json")

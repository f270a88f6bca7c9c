"""What does invoking a function give: an answer, an error in Lambda's words, or a refusal before it ran?

The error payloads follow what Lambda returns ("Lambda runtime errors", "Invoke" in the Lambda developer guide).
"""

import json
from dataclasses import dataclass

REQUEST_LIMIT_BYTES = 6_291_456
RESPONSE_LIMIT_BYTES = 6_291_556
UNHANDLED = "Unhandled"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came back.

    Attributes:
        payload: The function's JSON answer, or the error as JSON.
        error: None, or the value of ``X-Amz-Function-Error``.

    """

    payload: bytes
    error: str | None = None


class InvocationRefused(Exception):
    """The service did not hand the event to the function.

    Attributes:
        code: The error's name in the Lambda API.
        status: The HTTP status that goes with it.

    """

    code = "ServiceException"
    status = 500


class FunctionNotFound(InvocationRefused):
    """There is no function, version or alias of that name."""

    code = "ResourceNotFoundException"
    status = 404


class RequestTooLarge(InvocationRefused):
    """The event is larger than Lambda takes."""

    code = "RequestTooLargeException"
    status = 413


class InvalidPackage(InvocationRefused):
    """What was deployed is not a zip."""

    code = "InvalidZipFileException"
    status = 502


class Throttled(InvocationRefused):
    """The function may not run at all: its reserved concurrency is zero."""

    code = "TooManyRequestsException"
    status = 429


def timed_out(request_id: str, seconds: float) -> Invocation:
    """The handler did not answer in the function's timeout."""
    return _failed("Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds")


def exited(request_id: str, exit_code: int | None) -> Invocation:
    """The process ended by itself or was killed before it answered."""
    reason = "Runtime exited without providing a reason"
    if exit_code is not None and exit_code < 0:
        reason = "Runtime exited with error: signal: killed"
    elif exit_code:
        reason = f"Runtime exited with error: exit status {exit_code}"
    return _failed("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def too_large() -> Invocation:
    """The handler answered with more than Lambda returns."""
    text = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes)."
    return _failed("Function.ResponseSizeTooLarge", text)


def _failed(error_type: str, message: str) -> Invocation:
    return Invocation(json.dumps({"errorType": error_type, "errorMessage": message}).encode(), UNHANDLED)

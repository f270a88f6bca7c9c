"""Which kinds of problem are there? Their types never change once published; each says what to do about it."""

from dataclasses import dataclass
from http import HTTPStatus

from sluice.api.size import LARGEST_BODY


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem.

    Attributes:
        name: Last part of the problem's ``type``; never changes once published.
        status: HTTP status.
        title: The same for every occurrence.
        remedy: What the caller can do.
        retry_after_seconds: When asking again makes sense, if it does.

    """

    name: str
    status: HTTPStatus
    title: str
    remedy: str
    retry_after_seconds: int | None = None


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
    "The body is larger than the API takes",
    f"Send fewer rows a request: at most {LARGEST_BODY:,} bytes, JSON or binary.",
)
ANSWER_TOO_LARGE = ProblemType(
    "answer-too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The answer to so many rows is larger than the API can send",
    "Send fewer rows a request; on /v2, ask for fewer outputs, or for binary ones where numbers are many.",
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
    "Paths are listed in docs/openapi.json; the detail lists the models or versions that are served.",
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
    retry_after_seconds=2,
)
ROUTING_UNAVAILABLE = ProblemType(
    "routing-unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "It is not known where to send the request",
    "Ask again after the seconds in Retry-After; an operator sees why with `sluice status`.",
    retry_after_seconds=5,
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
    ANSWER_TOO_LARGE,
    INVALID_UNIT,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    REFUSED_BY_MODEL,
    UNAVAILABLE,
    ROUTING_UNAVAILABLE,
    INTERNAL,
)

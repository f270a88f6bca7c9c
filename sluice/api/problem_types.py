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
INVALID_REQUEST = ProblemType(
    "invalid-request",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The request is not one the admin API takes",
    "Correct the places listed in violations; docs/admin-openapi.json shows what is taken.",
)
INVALID_PLAN = ProblemType(
    "invalid-plan",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The plan cannot be carried out",
    "Correct the plan as the detail says, name a preset, or leave the plan out to have the one of sluice.yaml.",
)
ROLLOUT_REFUSED = ProblemType(
    "rollout-refused",
    HTTPStatus.CONFLICT,
    "The rollout or the command cannot be accepted as things are",
    "The detail says what is in the way; look at the rollout, then decide again.",
)
ROLLOUT_NOT_FOUND = ProblemType(
    "rollout-not-found",
    HTTPStatus.NOT_FOUND,
    "There is no such rollout or incident",
    "List those there are with GET /admin/v1/models/<model>/rollouts or /incidents.",
)
INVALID_WEIGHTS = ProblemType(
    "invalid-weights",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The traffic cannot be divided like this",
    "Send whole percents by variant, the champion's among them, that sum to 100.",
)
INVALID_EXPERIMENT = ProblemType(
    "invalid-experiment",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The experiment cannot be carried out",
    "Correct it as the detail says; docs/experiments.md tells what each setting is for.",
)
EXPERIMENT_REFUSED = ProblemType(
    "experiment-refused",
    HTTPStatus.CONFLICT,
    "The experiment or the command cannot be accepted as things are",
    "The detail says what is in the way; look at the experiment, then decide again.",
)
EXPERIMENT_NOT_FOUND = ProblemType(
    "experiment-not-found",
    HTTPStatus.NOT_FOUND,
    "There is no such experiment",
    "List those there are with GET /admin/v1/models/<model>/experiments.",
)
NOTHING_TO_ESTIMATE = ProblemType(
    "nothing-to-estimate",
    HTTPStatus.CONFLICT,
    "The log says nothing about such a policy",
    "Wait until outcomes have matured, and ask for weights of the experiment's own variants.",
)
STALE_WRITE = ProblemType(
    "stale-write",
    HTTPStatus.CONFLICT,
    "Somebody else changed it at the same moment",
    "Try again: read what is so now and decide again.",
    retry_after_seconds=1,
)
REVISION_MISMATCH = ProblemType(
    "revision-mismatch",
    HTTPStatus.PRECONDITION_FAILED,
    "It has changed since the revision in If-Match",
    "Read it again, decide again, and send its new ETag; or leave If-Match out to decide whatever its revision.",
)
CALLER_UNKNOWN = ProblemType(
    "caller-unknown",
    HTTPStatus.FORBIDDEN,
    "Nobody said who is asking",
    "Sign the request with AWS credentials (service execute-api): what operators do is recorded under their ARN.",
)
INVALID_FEEDBACK = ProblemType(
    "invalid-feedback",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The feedback cannot be taken",
    "Correct the places listed in violations; what a model takes stands in sluice.yaml under feedback.",
)
CONFLICTING_FEEDBACK = ProblemType(
    "conflicting-feedback",
    HTTPStatus.CONFLICT,
    "Something else is stored for this prediction and goal",
    "The first feedback stays, because it may have been decided upon; send a correction under a name of its own.",
)
FEEDBACK_UNAVAILABLE = ProblemType(
    "feedback-unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Feedback cannot be stored right now",
    "Send the same again after the seconds in Retry-After; what has been stored already counts once.",
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
    INVALID_REQUEST,
    INVALID_PLAN,
    ROLLOUT_REFUSED,
    ROLLOUT_NOT_FOUND,
    INVALID_WEIGHTS,
    INVALID_EXPERIMENT,
    EXPERIMENT_REFUSED,
    EXPERIMENT_NOT_FOUND,
    NOTHING_TO_ESTIMATE,
    STALE_WRITE,
    REVISION_MISMATCH,
    CALLER_UNKNOWN,
    INVALID_FEEDBACK,
    CONFLICTING_FEEDBACK,
    FEEDBACK_UNAVAILABLE,
    INTERNAL,
)

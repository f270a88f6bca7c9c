"""Every way the container can refuse, and the HTTP status each one is answered with.

SluiceError
├── ModelUnusable         the model directory cannot be served; ends the process
├── CannotListen          the port cannot be had; ends the process
├── UnsupportedMediaType  a request in a form this model or this container does not read
├── NotAcceptable         an answer in a form this model or this container does not write
├── BodyTooLarge          more than SageMaker lets through
├── NotReady              the model is still loading, or the process is draining
└── ModelFailed           the model raised, or answered what no caller can use
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from sluice.domain.errors import InvalidInput, ModelNotFound, SluiceError


class ModelUnusable(SluiceError):
    """The model directory cannot be served."""


class CannotListen(SluiceError):
    """The address cannot be listened on."""


class UnsupportedMediaType(SluiceError):
    """The request's content type, or its fit to this model."""


class NotAcceptable(SluiceError):
    """None of the media types the caller accepts can carry this answer."""


class BodyTooLarge(SluiceError):
    """The body is larger than SageMaker lets through."""


class NotReady(SluiceError):
    """The model is still loading, or the process is draining."""


class ModelFailed(SluiceError):
    """The model raised, or answered what no caller can use; the message is fit for a caller."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a refusal is answered.

    Attributes:
        name: Last part of the problem's ``type``; never changes once published.
        status: HTTP status.

    """

    name: str
    status: HTTPStatus


BUG = Kind("internal", HTTPStatus.INTERNAL_SERVER_ERROR)
KINDS: Mapping[type[SluiceError], Kind] = {
    InvalidInput: Kind("invalid-input", HTTPStatus.BAD_REQUEST),
    ModelNotFound: Kind("not-found", HTTPStatus.NOT_FOUND),
    NotAcceptable: Kind("not-acceptable", HTTPStatus.NOT_ACCEPTABLE),
    BodyTooLarge: Kind("body-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    UnsupportedMediaType: Kind("unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    ModelFailed: Kind("model-failed", HTTPStatus.INTERNAL_SERVER_ERROR),
    NotReady: Kind("not-ready", HTTPStatus.SERVICE_UNAVAILABLE),
}

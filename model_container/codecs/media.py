"""Which form is this request in, and which form may its answer take?"""

from dataclasses import dataclass
from enum import StrEnum

from model_container.errors import NotAcceptable, UnsupportedMediaType


class MediaType(StrEnum):
    """The forms POST /invocations reads and writes."""

    JSON = "application/json"
    CSV = "text/csv"
    NPY = "application/x-npy"
    BINARY = "application/vnd.sagemaker-triton.binary+json"


_WILDCARDS = {
    "*/*": tuple(MediaType),
    "application/*": (MediaType.JSON, MediaType.NPY, MediaType.BINARY),
    "text/*": (MediaType.CSV,),
}
_UTF8 = {"", "utf-8", "utf8", "us-ascii"}


@dataclass(frozen=True, slots=True)
class ContentType:
    """A request's content type, with the length of its JSON header where the type carries one."""

    media: MediaType
    json_header_size: str | None = None


def parse_content_type(header: str | None) -> ContentType:
    """Read a Content-Type; none at all means JSON. Raises UnsupportedMediaType listing what is read."""
    name, parameters = _split(header or MediaType.JSON)
    if name not in set(MediaType):
        raise UnsupportedMediaType(f"content type {name!r} is not one of {', '.join(MediaType)}")
    if parameters.get("charset", "").lower() not in _UTF8:
        raise UnsupportedMediaType(f"charset {parameters['charset']!r} is not read: send UTF-8")
    return ContentType(MediaType(name), parameters.get("json-header-size"))


def accepted(header: str | None) -> tuple[MediaType, ...]:
    """The media types a caller accepts, best first; none named means all, JSON first.

    Raises NotAcceptable when the header names none that are written.
    """
    ranked: list[tuple[float, MediaType]] = []
    for item in (header or "*/*").split(","):
        name, parameters = _split(item)
        quality = _quality(parameters.get("q", "1"))
        if quality > 0:
            named = _WILDCARDS.get(name) or tuple(media for media in MediaType if media == name)
            ranked.extend((quality, media) for media in named)
    if not ranked:
        raise NotAcceptable(f"Accept {header!r} names none of {', '.join(MediaType)}")
    ranked.sort(key=lambda pair: -pair[0])
    return tuple(dict.fromkeys(media for _, media in ranked))


def _split(header: str) -> tuple[str, dict[str, str]]:
    name, *rest = (part.strip() for part in header.split(";"))
    pairs = (part.partition("=") for part in rest)
    return name.lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

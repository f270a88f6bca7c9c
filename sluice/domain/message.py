"""What does the body of a request or an answer hold? JSON, or JSON followed by the bytes of tensors."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.domain.batch import Batch
from sluice.domain.instances import parse_instances
from sluice.domain.open_inference import parse_infer_request, split_header
from sluice.domain.signature import Signature

BINARY_TYPE = "application/vnd.sagemaker-triton.binary+json;json-header-size="


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer.

    Attributes:
        body: As it was sent.
        content_type: Of the body.

    """

    body: bytes
    content_type: str

    @property
    def header_size(self) -> int | None:
        """Bytes of JSON before the tensors; None when everything is JSON. Raises ValueError."""
        if not self.content_type.startswith(BINARY_TYPE):
            return None
        return int(self.content_type.removeprefix(BINARY_TYPE))

    @property
    def json_text(self) -> bytes:
        """Its JSON. Raises ValueError."""
        return self.body[: self.header_size]

    def decode(self) -> Any:
        """Its JSON, decoded. Raises ValueError."""
        return decode_json(self.json_text)


def captured_message(side: Mapping[str, Any]) -> Message:
    """One side of ``captureData``. Raises LookupError, TypeError, ValueError or AttributeError for what is none."""
    data = side["data"]
    body = base64.b64decode(data) if side["encoding"] == "BASE64" else data.encode()
    return Message(body, str(side["observedContentType"]))


def decode_json(text: bytes | str) -> Any:
    """Decode JSON. Raises ValueError, also for lists that are nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("lists nested too deeply") from None


def read_request(request: Message, signature: Signature) -> Batch:
    """What a V1 or V2 request asks a model about. Raises InvalidInput or ValueError when it does not fit the model."""
    size = request.header_size
    if size is not None:
        header, tensors = split_header(request.body, size)
        return parse_infer_request(signature, decode_json(header), tensors)
    form = request.decode()
    parse = parse_instances if isinstance(form, dict) and "instances" in form else parse_infer_request
    return parse(signature, form)

"""What does a caller ask of an endpoint, and what of it does the container get to see?"""

from collections.abc import Iterable
from dataclasses import dataclass

from local_cloud.sagemaker.invocation_error import invalid

_MOST_HEADER_BYTES = 1024
_MOST_INFERENCE_ID_BYTES = 64
_PASSED_ON = ((b"content-type", b"Content-Type"), (b"accept", b"Accept"))
_CUSTOM_ATTRIBUTES = b"x-amzn-sagemaker-custom-attributes"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One InvokeEndpoint.

    Attributes:
        endpoint: Name of the endpoint, in its right case.
        target_variant: The variant asked for; None leaves it to the weights.
        inference_id: The caller's id, for data capture.
        attributes: The caller's custom attributes, for data capture; empty when there are none.
        content_type: Of the body; empty when not given.
        head: The head of the request the container gets: Content-Type, Accept and the custom attributes, nothing else
            of what the caller sent (aws-facts A6: SageMaker strips all POST headers it does not know).
        body: As sent.

    """

    endpoint: str
    target_variant: str | None
    inference_id: str | None
    attributes: str
    content_type: str
    head: bytes
    body: bytes

    @classmethod
    def of(cls, endpoint: str, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> "Invocation":
        """From lower-cased header names and their values. Raises InvocationError."""
        sent = dict(headers)
        attributes = sent.get(_CUSTOM_ATTRIBUTES, b"")
        if len(attributes) > _MOST_HEADER_BYTES:
            raise invalid("customAttributes", f"have length less than or equal to {_MOST_HEADER_BYTES}")
        inference_id = sent.get(b"x-amzn-sagemaker-inference-id")
        if inference_id is not None and not 1 <= len(inference_id) <= _MOST_INFERENCE_ID_BYTES:
            raise invalid("inferenceId", f"have length between 1 and {_MOST_INFERENCE_ID_BYTES}")
        target = sent.get(b"x-amzn-sagemaker-target-variant")
        return cls(
            endpoint,
            None if target is None else target.decode("latin-1"),
            None if inference_id is None else inference_id.decode("latin-1"),
            attributes.decode("latin-1"),
            sent.get(b"content-type", b"").decode("latin-1"),
            _head(sent, attributes, len(body)),
            body,
        )


def _head(sent: dict[bytes, bytes], attributes: bytes, length: int) -> bytes:
    lines = [b"POST /invocations HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % length]
    lines += [b"%s: %s" % (name, sent[key]) for key, name in _PASSED_ON if key in sent]
    if attributes:
        lines.append(b"X-Amzn-SageMaker-Custom-Attributes: " + attributes)
    return b"\r\n".join(lines) + b"\r\n\r\n"

"""Ask one variant of a SageMaker endpoint: ``sagemaker-runtime:InvokeEndpoint``, exactly one attempt a call.

The SDK would repeat a call up to three times, read timeouts included: a hung model would be run three times and cost
three timeouts. Whether to ask again is decided by the service, which knows the variants.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnection
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.exceptions import ReadTimeoutError as BodyTimeoutError

from sluice.aws.client import connect
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import Message

_VERSION_ATTRIBUTE = "sluice-model-version="
_CHUNK_BYTES = 65_536  # most answers are one chunk


@dataclass(frozen=True, slots=True)
class Answer:
    """What a variant answered.

    Attributes:
        variant: The variant that answered, as SageMaker names it.
        model_version: The version the container says it serves, or None from a container that does not say.
        body: The container's answer, unchanged.
        content_type: Its content type.

    """

    variant: str
    model_version: str | None
    body: bytes
    content_type: str

    @property
    def message(self) -> Message:
        """The answer alone."""
        return Message(self.body, self.content_type)


class Runtime:
    """The endpoints, as seen by somebody who wants a prediction.

    Args:
        client: Of ``sagemaker-runtime``.
        model_timeout_seconds: How long one call may take, from asking to the last byte of the answer.
        clock: Seconds, never going back.

    """

    def __init__(self, client: Any, *, model_timeout_seconds: float, clock: Callable[[], float]) -> None:
        self._client = client
        self._timeout = model_timeout_seconds
        self._clock = clock

    @classmethod
    def connect(cls, *, model_timeout_seconds: float, clock: Callable[[], float]) -> "Runtime":
        """A runtime in the environment's region."""
        config = Config(
            connect_timeout=1,
            read_timeout=model_timeout_seconds,
            retries={"total_max_attempts": 1},
            parameter_validation=False,
            tcp_keepalive=True,
            user_agent="sluice",  # else botocore composes one for every call: an eighth of what a call costs it
        )
        return cls(connect("sagemaker-runtime", config), model_timeout_seconds=model_timeout_seconds, clock=clock)

    def invoke(
        self, *, endpoint: str, variant: str, inference_id: str, attributes: str, body: bytes, content_type: str
    ) -> Answer:
        """Ask one variant once, for JSON; ``attributes`` go into captured data. Raises InvocationFailed."""
        deadline = self._clock() + self._timeout
        try:
            response = self._client.invoke_endpoint(
                EndpointName=endpoint,
                TargetVariant=variant,
                InferenceId=inference_id,
                CustomAttributes=attributes,
                Body=body,
                ContentType=content_type,
                Accept="application/json",
            )
            answered = self._read(response["Body"], deadline)
        except ClientError as refused:
            raise _failure(variant, refused) from refused
        except (ReadTimeoutError, BodyTimeoutError, TimeoutError) as late:
            message = "the model did not answer in time"
            raise InvocationFailed(variant=variant, code="ReadTimeout", message=message) from late
        except (NoConnection, HTTPClientError, HTTPError) as broken:
            raise InvocationFailed(variant=variant, code="ConnectionFailed", message=str(broken)) from broken
        return Answer(
            variant=response.get("InvokedProductionVariant", variant),
            model_version=_version(response.get("CustomAttributes", "")),
            body=answered,
            content_type=response.get("ContentType", "application/json"),
        )

    def _read(self, body: Any, deadline: float) -> bytes:
        """The whole body. Raises TimeoutError at the deadline: a socket's timeout is that of each of its reads."""
        chunks: list[bytes] = []
        with body as stream:  # urllib3's: its read1 gives what is there, botocore's read waits for all it is asked for
            while not stream.closed:
                left = deadline - self._clock()
                if left <= 0:
                    raise TimeoutError
                body.set_socket_timeout(left)
                chunks.append(stream.read1(_CHUNK_BYTES))
            if stream.length_remaining:  # botocore has urllib3 not look
                raise IncompleteRead(sum(map(len, chunks)), stream.length_remaining)
        return b"".join(chunks)


def _failure(variant: str, refused: ClientError) -> InvocationFailed:
    error = refused.response.get("Error", {})
    return InvocationFailed(
        variant=variant,
        code=error.get("Code", "Unknown"),
        message=refused.response.get("OriginalMessage") or error.get("Message", ""),
        model_status=refused.response.get("OriginalStatusCode"),
    )


def _version(attributes: str) -> str | None:
    for attribute in attributes.split(","):
        if attribute.strip().startswith(_VERSION_ATTRIBUTE):
            return attribute.strip().removeprefix(_VERSION_ATTRIBUTE)
    return None

"""Ask one variant of a SageMaker endpoint: ``sagemaker-runtime:InvokeEndpoint``, exactly one attempt a call.

The SDK would repeat a call up to three times, read timeouts included: a hung model would be run three times and cost
three timeouts. Whether to ask again is decided by the service, which knows the variants.
"""

from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnection

from sluice.aws.client import connect
from sluice.domain.invocation import InvocationFailed

_VERSION_ATTRIBUTE = "sluice-model-version="


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


class Runtime:
    """The endpoints, as seen by somebody who wants a prediction."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls, *, model_timeout_seconds: float) -> "Runtime":
        """A runtime whose calls take at most so long."""
        config = Config(
            connect_timeout=1,
            read_timeout=model_timeout_seconds,
            retries={"total_max_attempts": 1},
            parameter_validation=False,
            tcp_keepalive=True,
            user_agent="sluice",  # else botocore composes one for every call: an eighth of what a call costs it
        )
        return cls(connect("sagemaker-runtime", config))

    def invoke(
        self, *, endpoint: str, variant: str, inference_id: str, body: bytes, content_type: str, accept: str
    ) -> Answer:
        """Ask one variant once. Raises InvocationFailed."""
        try:
            response = self._client.invoke_endpoint(
                EndpointName=endpoint,
                TargetVariant=variant,
                InferenceId=inference_id,
                Body=body,
                ContentType=content_type,
                Accept=accept,
            )
            answered = response["Body"].read()
        except ClientError as refused:
            raise _failure(variant, refused) from refused
        except ReadTimeoutError as late:
            message = "the model did not answer in time"
            raise InvocationFailed(variant=variant, code="ReadTimeout", message=message) from late
        except (NoConnection, HTTPClientError, IncompleteReadError) as broken:
            raise InvocationFailed(variant=variant, code="ConnectionFailed", message=str(broken)) from broken
        return Answer(
            variant=response.get("InvokedProductionVariant", variant),
            model_version=_version(response.get("CustomAttributes", "")),
            body=answered,
            content_type=response.get("ContentType", "application/json"),
        )


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

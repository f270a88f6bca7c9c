"""How does the runtime API say that an invocation failed?

Codes and HTTP statuses are those of botocore's ``sagemaker-runtime`` model (aws-facts A6, BC:sagemaker-runtime). The
texts follow what SageMaker is seen to answer (from memory, aws-facts "MEM"): do not match on them.
"""

import json

from local_cloud.context import ACCOUNT, REGION

MOST_BODY_BYTES = 6_291_456


class InvocationError(Exception):
    """A failed InvokeEndpoint.

    Attributes:
        status: HTTP status of the answer.
        code: The error's name.
        extra: Further members of its body.

    """

    def __init__(self, status: int, code: str, message: str, **extra: object) -> None:
        self.status = status
        self.code = code
        self.extra = extra
        super().__init__(message)

    def body(self) -> bytes:
        """The JSON body, as botocore reads it."""
        return json.dumps({"Message": str(self), **self.extra}).encode()


def unknown_endpoint(endpoint: str) -> InvocationError:
    """There is none of that name, or it is not in service: SageMaker does not tell the two apart."""
    return InvocationError(400, "ValidationError", f"Endpoint {endpoint} of account {ACCOUNT} not found.")


def unknown_variant(endpoint: str, variant: str) -> InvocationError:
    """The endpoint has no variant of the TargetVariant's name."""
    message = f"Variant {variant} of endpoint {endpoint} of account {ACCOUNT} not found."
    return InvocationError(400, "ValidationError", message)


def invalid(field: str, constraint: str) -> InvocationError:
    """A parameter breaks the service model."""
    message = f"1 validation error detected: Value at '{field}' failed to satisfy constraint: Member must {constraint}"
    return InvocationError(400, "ValidationError", message)


def body_too_large() -> InvocationError:
    """More than 6,291,456 bytes; botocore does not check that before sending (aws-facts A6)."""
    return invalid("body", f"have length less than or equal to {MOST_BODY_BYTES}")


def no_instance() -> InvocationError:
    """The variant's process is down and nothing was sent to it.

    ServiceUnavailable, not ModelError: no container was asked, so there is no original status to tell, and 503 is the
    code whose retry is safe.
    """
    message = "A transient exception occurred while retrieving variant instances. Please try again later."
    return InvocationError(503, "ServiceUnavailable", message)


def throttled() -> InvocationError:
    """Too many requests; only ever injected here."""
    return InvocationError(429, "ThrottlingException", "Rate exceeded")


def model_error(endpoint: str, status: int, answer: str) -> InvocationError:
    """The container answered 4xx or 5xx, or (status 0) nothing that could be passed on."""
    kind = "client" if 400 <= status < 500 else "server"  # noqa: PLR2004  HTTP
    log = f"/aws/sagemaker/Endpoints/{endpoint}"
    message = f'Received {kind} error ({status}) from primary with message "{answer}". See the log group {log}.'
    stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{log}"
    return InvocationError(
        424, "ModelError", message, OriginalStatusCode=status, OriginalMessage=answer, LogStreamArn=stream
    )


def no_answer(endpoint: str) -> InvocationError:
    """The model did not answer in time, or died over it; original status 0."""
    text = "Your invocation timed out while waiting for a response from container primary."
    return model_error(endpoint, 0, text)

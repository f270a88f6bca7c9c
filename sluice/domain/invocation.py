"""What does a failed invocation mean? Whether to ask again, ask the champion, or tell the caller.

The codes are those of InvokeEndpoint (botocore's ``sagemaker-runtime`` service model):
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from enum import StrEnum

from sluice.domain.errors import SluiceError


class Fault(StrEnum):
    """Kinds of failure, by what to do about them."""

    TRANSIENT = "transient"  # the service hiccupped before the model ran: ask the same variant once more
    VARIANT = "variant"  # this variant cannot answer: ask the champion
    CALLER = "caller"  # the model refused the data: asking anybody again would give the same


GUARDRAIL_BREACH = "GuardrailBreach"
_TRANSIENT_CODES = {
    "InternalFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "ModelNotReadyException",
    "InternalDependencyException",
    "ConnectionFailed",
    *("500", "502", "503"),  # what boto3 calls an error without a code: something before SageMaker answered
}
# What a container answers when nothing but other data would help. The body has passed the model's signature by then:
# any other 4xx (no such path, a content type it does not read) tells of a container that is built wrongly. A challenger
# that alone refuses what the champion takes is not told apart: both were declared with the same inputs, and asking the
# champion about every refusal would let bad data cost two calls.
_REFUSALS_OF_DATA = frozenset({400, 413, 422})


def classify(code: str, model_status: int | None = None) -> Fault:
    """Sort a failure by its error code and, for ``ModelError``, the status the container answered with.

    Our own codes: ``ConnectionFailed`` (the connection broke before an answer), ``ReadTimeout`` (the model may still
    be running, so asking the same variant again would only add load) and ``GuardrailBreach`` (the answer is not fit to
    be passed on).
    """
    if code in _TRANSIENT_CODES:
        return Fault.TRANSIENT
    if code == "ModelError" and model_status in _REFUSALS_OF_DATA:
        return Fault.CALLER
    return Fault.VARIANT


class InvocationFailed(SluiceError):
    """One call of one variant that gave no answer.

    Attributes:
        fault: What to do about it.
        code: The error code, from AWS or ours.
        message: What the service or the model said.

    """

    def __init__(self, *, variant: str, code: str, message: str, model_status: int | None = None) -> None:
        self.variant = variant
        self.code = code
        self.message = message
        self.fault = classify(code, model_status)
        super().__init__(f"{variant}: {code}: {message}")

    @property
    def in_short(self) -> str:
        """Without the message: a model may repeat in it what it was asked."""
        return f"{self.variant}: {self.code}"

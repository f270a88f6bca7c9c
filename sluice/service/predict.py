"""Answer one question: ask the unit's variant, once; if it cannot answer, ask the champion, once."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic_core import from_json

from sluice.aws.runtime import Answer, Runtime
from sluice.domain.answer import defect
from sluice.domain.assignment import assign
from sluice.domain.errors import PredictionUnavailable
from sluice.domain.invocation import GUARDRAIL_BREACH, Fault, InvocationFailed
from sluice.domain.routing import Routing
from sluice.domain.variant import CHAMPION

_BUDGET_SECONDS = 26.0  # API Gateway gives up after 30 s, our function after 29 s
_PAUSE_SECONDS = 0.05

BINARY_TYPE = "application/vnd.sagemaker-triton.binary+json;json-header-size="


@dataclass(frozen=True, slots=True)
class Question:
    """A request whose data fits the model.

    Attributes:
        prediction_id: Identifies question and answer ever after, in captured data too.
        unit: Who or what is assigned to a variant.
        rows: How many rows the body holds.
        body: What to send to the model, unchanged.
        content_type: Of the body, as the container reads it.
        version: The model version the caller insists on, or None for the unit's variant.

    """

    prediction_id: str
    unit: str
    rows: int
    body: bytes
    content_type: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer, and who gave it.

    Attributes:
        answer: From the variant that answered.
        model_version: The version that answered.
        failed: What went wrong with the assigned variant when the champion answered in its place.

    """

    answer: Answer
    model_version: str
    failed: InvocationFailed | None = None


class Predictor:
    """Asks the variants of the endpoints.

    Args:
        runtime: The endpoints.
        model_timeout_seconds: How long one call may take; no further call is begun that may not end in time.
        clock: Seconds, never going back.
        sleep: Waits so many seconds.

    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        model_timeout_seconds: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._runtime = runtime
        self._timeout = model_timeout_seconds
        self._clock = clock
        self._sleep = sleep

    def predict(self, question: Question, routing: Routing) -> Prediction:
        """Ask the unit's variant, then the champion; nobody stands in for a version the caller insists on.

        Raises ModelNotFound when no variant serves that version, InvocationFailed when the model refuses the data,
        PredictionUnavailable when nobody could answer.
        """
        deadline = self._clock() + _BUDGET_SECONDS
        variant = _target(question, routing)
        try:
            return _prediction(self._ask(variant, question, routing, deadline), routing)
        except InvocationFailed as failed:
            if failed.fault is Fault.CALLER:
                raise
            return self._fall_back(failed, question, routing, deadline)

    def _fall_back(self, failed: InvocationFailed, question: Question, routing: Routing, deadline: float) -> Prediction:
        if failed.variant == CHAMPION or question.version is not None or not self._has_time(deadline):
            raise _unavailable(failed) from failed
        try:
            return _prediction(self._ask(CHAMPION, question, routing, deadline), routing, failed)
        except InvocationFailed as failed_too:
            if failed_too.fault is Fault.CALLER:
                raise
            raise _unavailable(failed_too) from failed_too

    def _ask(self, variant: str, question: Question, routing: Routing, deadline: float) -> Answer:
        """One variant's answer; a transient failure is worth one more attempt."""
        try:
            return self._invoke(variant, question, routing)
        except InvocationFailed as failed:
            if failed.fault is not Fault.TRANSIENT or not self._has_time(deadline):
                raise
        self._sleep(_PAUSE_SECONDS)
        return self._invoke(variant, question, routing)

    def _invoke(self, variant: str, question: Question, routing: Routing) -> Answer:
        answer = self._runtime.invoke(
            endpoint=routing.endpoint,
            variant=variant,
            inference_id=question.prediction_id,
            body=question.body,
            content_type=question.content_type,
            accept="application/json",
        )
        wrong = _defect(answer, question.rows)
        if wrong:
            raise InvocationFailed(variant=variant, code=GUARDRAIL_BREACH, message=wrong)
        return answer

    def _has_time(self, deadline: float) -> bool:
        return self._clock() + self._timeout <= deadline


def _target(question: Question, routing: Routing) -> str:
    if question.version is not None:
        return routing.variant_of_version(question.version)
    return assign(question.unit, routing.salt, routing.weights)


def _prediction(answer: Answer, routing: Routing, failed: InvocationFailed | None = None) -> Prediction:
    version = answer.model_version or routing.versions.get(answer.variant, "unknown")
    return Prediction(answer, version, failed)


def _unavailable(failed: InvocationFailed) -> PredictionUnavailable:
    return PredictionUnavailable(f"no variant could answer; the last one asked was {failed.variant} ({failed.code})")


def _defect(answer: Answer, rows: int) -> str | None:
    head = answer.body
    try:
        if answer.content_type.startswith(BINARY_TYPE):
            head = head[: int(answer.content_type.removeprefix(BINARY_TYPE))]
        return defect(from_json(head), rows=rows)
    except ValueError:
        return f"the answer is not what its content type says: {answer.content_type}"

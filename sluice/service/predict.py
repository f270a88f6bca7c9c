"""Answer one question: ask the unit's variant, once; if it cannot answer, ask the champion, once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from sluice.aws.runtime import Answer, Runtime
from sluice.domain.answer import defect
from sluice.domain.assignment import assign
from sluice.domain.attribution import Attribution, unit_hash
from sluice.domain.draft import FIRST_PICK
from sluice.domain.errors import PredictionUnavailable
from sluice.domain.invocation import GUARDRAIL_BREACH, Fault, InvocationFailed
from sluice.domain.ranking import Score, ranking
from sluice.domain.routing import Routing
from sluice.domain.variant import CHAMPION

_BUDGET_SECONDS = 26.0  # API Gateway gives up after 30 s, our function after 29 s
_PAUSE_SECONDS = 0.05
_MOST_CALLS = 2  # of one variant, for one question


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
        groups: Groups the caller is in: some may see a candidate before everybody else.
        score: The number that rows are to be ranked by; an answer without it is not fit to be passed on.

    """

    prediction_id: str
    unit: str
    rows: int
    body: bytes
    content_type: str
    version: str | None = None
    groups: frozenset[str] = frozenset()
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer, and who gave it.

    Attributes:
        answer: From the variant that answered.
        model_version: The version that answered.
        failed: What went wrong with the assigned variant when the champion answered in its place; of two rankers, with
            the other.

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
        request = _Request(question, routing, deadline=self._clock() + _BUDGET_SECONDS)
        variant = chosen(question, routing) or assign(question.unit, routing.salt, routing.weights)
        try:
            return _prediction(self._ask(variant, request), routing)
        except InvocationFailed as failed:
            if failed.fault is Fault.CALLER:
                raise
            return self._fall_back(failed, request)

    def ask_both(
        self, question: Question, routing: Routing, treatment: str
    ) -> tuple[Prediction | InvocationFailed, Prediction | InvocationFailed]:
        """The champion's answer and the treatment's, asked at the same time; or what went wrong with either.

        The champion's calls have the later numbers, so that what is said of the prediction is said of the champion,
        who has the traffic; only who won a list is the experiment's.
        """
        deadline = self._clock() + _BUDGET_SECONDS
        later = _Request(question, routing, deadline=deadline, attempts=_MOST_CALLS, chance=FIRST_PICK)
        earlier = _Request(question, routing, deadline=deadline, chance=FIRST_PICK)
        with ThreadPoolExecutor(1) as beside:
            other = beside.submit(self._try, treatment, earlier)
            own = self._try(CHAMPION, later)
        return own, other.result()

    def _try(self, variant: str, request: "_Request") -> Prediction | InvocationFailed:
        try:
            return _prediction(self._ask(variant, request), request.routing)
        except InvocationFailed as failed:
            return failed

    def _fall_back(self, failed: InvocationFailed, request: "_Request") -> Prediction:
        if failed.variant == CHAMPION or request.question.version is not None or not self._has_time(request):
            raise unavailable(failed) from failed
        try:
            return _prediction(self._ask(CHAMPION, request), request.routing, failed)
        except InvocationFailed as failed_too:
            if failed_too.fault is Fault.CALLER:
                raise
            raise unavailable(failed_too) from failed_too

    def _ask(self, variant: str, request: "_Request") -> Answer:
        """One variant's answer; a transient failure is worth one more attempt."""
        try:
            return self._invoke(variant, request)
        except InvocationFailed as failed:
            if failed.fault is not Fault.TRANSIENT or not self._has_time(request):
                raise
        self._sleep(_PAUSE_SECONDS)
        return self._invoke(variant, request)

    def _invoke(self, variant: str, request: "_Request") -> Answer:
        question, routing = request.question, request.routing
        answer = self._runtime.invoke(
            endpoint=routing.endpoint,
            variant=variant,
            inference_id=question.prediction_id,
            attributes=request.next_attempt(variant).encode(),
            body=question.body,
            content_type=question.content_type,
        )
        wrong = _defect(answer, question, routing)
        if wrong:
            raise InvocationFailed(variant=variant, code=GUARDRAIL_BREACH, message=wrong)
        return answer

    def _has_time(self, request: "_Request") -> bool:
        return self._clock() + self._timeout <= request.deadline


@dataclass(slots=True)
class _Request:
    """A question on its way, how often it has been asked, and the chance by which if it is not the table's."""

    question: Question
    routing: Routing
    deadline: float
    attempts: int = 0
    chance: float | None = None

    def next_attempt(self, variant: str) -> Attribution:
        """How the call about to be made came about, and by which chance."""
        self.attempts += 1
        question, routing = self.question, self.routing
        return Attribution(
            unit=unit_hash(question.unit, routing.salt),
            variant=variant,
            version=routing.versions[variant],
            propensity=self._propensity(variant),
            revision=routing.revision,
            attempt=self.attempts,
        )

    def _propensity(self, variant: str) -> float:
        if self.chance is not None:
            return self.chance
        return 1.0 if chosen(self.question, self.routing) else self.routing.weights[variant] / 100


def chosen(question: Question, routing: Routing) -> str | None:
    """The variant that is not left to chance: of the version insisted on, or shown to this caller before others."""
    if question.version is not None:
        return routing.variant_of_version(question.version)
    preview = routing.preview
    return preview.variant if preview and preview.includes(question.unit, question.groups) else None


def _prediction(answer: Answer, routing: Routing, failed: InvocationFailed | None = None) -> Prediction:
    version = answer.model_version or routing.versions.get(answer.variant, "unknown")
    return Prediction(answer, version, failed)


def unavailable(failed: InvocationFailed) -> PredictionUnavailable:
    """The refusal when nobody is left to ask."""
    return PredictionUnavailable(f"no variant could answer; the last one asked was {failed.variant} ({failed.code})")


def _defect(answer: Answer, question: Question, routing: Routing) -> str | None:
    try:
        form = from_json(answer.message.json_text)
    except ValueError:
        return f"the answer is not what its content type says: {answer.content_type}"
    wrong = defect(form, rows=question.rows, outputs=routing.signature.outputs)
    return wrong or (_unranked(form, question.score) if question.score else None)


def _unranked(form: Any, score: Score) -> str | None:
    try:
        ranking(form, score)
    except ValueError as lacking:
        return str(lacking)
    return None

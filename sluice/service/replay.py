"""What would a candidate have answered? Captured requests are put to it, and its answers compared with those given."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from sluice.aws.runtime import Runtime
from sluice.domain.attribution import REPLAY
from sluice.domain.exchange import Exchange
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import Message
from sluice.domain.redaction.value import redacted
from sluice.domain.replay.compare import Compared, compare
from sluice.domain.replay.inputs import Inputs, bare
from sluice.domain.replay.outputs import Outputs, fit_outputs, is_about, read_outputs
from sluice.domain.replay.report import Example, Outcome, Report
from sluice.domain.replay.sketch import Sketch
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.signature import Signature
from sluice.service.choose_captured import Choice, Chosen
from sluice.service.collect_evidence import comparison


class Candidate(Protocol):
    """Somebody who answers what a variant was asked."""

    def answer(self, request: Message, *, inference_id: str) -> Message:
        """Answer a request. Raises InvocationFailed."""
        ...


@dataclass(frozen=True, slots=True)
class VariantCandidate:
    """A production variant of an endpoint; what it is asked is nobody's prediction.

    Attributes:
        runtime: The endpoints.
        endpoint: Name of the endpoint.
        variant: Name of the variant.

    """

    runtime: Runtime
    endpoint: str
    variant: str

    def answer(self, request: Message, *, inference_id: str) -> Message:
        """Ask it once. Raises InvocationFailed."""
        return self.runtime.invoke(
            endpoint=self.endpoint,
            variant=self.variant,
            inference_id=inference_id,
            attributes=REPLAY,
            body=request.body,
            content_type=request.content_type,
        ).message


def is_judged(slot: str, rollout: Rollout | None) -> bool:
    """Whether the metrics of a slot decide about a rollout right now: a replay's requests would count in them."""
    compared = comparison(rollout) if rollout is not None else None
    return compared is not None and slot in {compared.candidate, compared.control}


def is_asked(chosen: Chosen, signature: Signature) -> bool:
    """Whether a request is put to a candidate of that signature; what became of the others is known without."""
    return not isinstance(_known(chosen, signature), Outcome)


def inference_id(exchange: Exchange) -> str:
    """What a replayed request is called, the same each time."""
    return f"replay-{uuid.uuid5(uuid.NAMESPACE_OID, exchange.prediction_id)}"


def replay(
    choice: Choice,
    candidate: Candidate,
    *,
    signature: Signature,
    tolerance: float,
    clock: Callable[[], float] | None,
    sensitive: Collection[str] = (),
) -> Report:
    """Put every chosen request to the candidate, whose ``signature`` it is; one after the other.

    ``clock`` gives seconds, never going back; without one, no times are reported. The values of ``sensitive`` inputs
    are not reported, nor what a model says about them when it fails.
    """
    total = Report(skipped=choice.skipped)
    for chosen in choice.chosen:
        total += _Replay(chosen, candidate, signature, tolerance, sensitive).report(clock)
    return total


@dataclass(frozen=True, slots=True)
class _Replay:
    """One request."""

    chosen: Chosen
    candidate: Candidate
    signature: Signature
    tolerance: float
    sensitive: Collection[str]

    def report(self, clock: Callable[[], float] | None) -> Report:
        exchange = self.chosen.exchange
        captured = _known(self.chosen, self.signature)
        if isinstance(captured, Outcome):
            return self._came_to(captured)
        began = clock() if clock else 0.0
        try:
            answer = self.candidate.answer(exchange.request, inference_id=inference_id(exchange))
        except InvocationFailed as failed:
            return self._came_to(Outcome.FAILED, trouble=failed.in_short if self.sensitive else str(failed))
        took = Report(milliseconds=Sketch.of([(clock() - began) * 1000])) if clock else Report()
        return took + self._judge(captured, answer)

    def _judge(self, captured: Outputs, answer: Message) -> Report:
        outputs = fit_outputs(answer, rows=len(self.chosen.inputs), outputs=self.signature.outputs)
        if isinstance(outputs, str):
            return self._came_to(Outcome.DEFECTIVE, trouble=outputs)
        compared = compare(captured, outputs, self.chosen.rows, signature=self.signature, tolerance=self.tolerance)
        return self._came_to(Outcome.NOTHING_COMMON) if compared is None else self._told(compared, captured, outputs)

    def _came_to(self, outcome: Outcome, *, trouble: str = "") -> Report:
        """Nothing to compare; what the candidate is to blame for counts as rows that do not agree."""
        exchange = self.chosen.exchange
        return Report(
            outcomes={outcome: 1},
            versions={exchange.version or "unknown": 1},
            rows=len(self.chosen.rows) if trouble else 0,
            troubles=(f"{exchange.prediction_id}: {trouble}",) if trouble else (),
        )

    def _told(self, compared: Compared, captured: Outputs, outputs: Outputs) -> Report:
        exchange = self.chosen.exchange
        examples = tuple(
            Example(
                prediction_id=exchange.prediction_id,
                row=found.row,
                agrees=found.agrees,
                difference=found.difference,
                inputs=self._shown(self.chosen.inputs[found.row]),
                captured={name: bare(rows[found.row]) for name, rows in captured.items()},
                candidate={name: bare(rows[found.row]) for name, rows in outputs.items()},
            )
            for found in compared.rows
        )
        return Report(
            outcomes={Outcome.COMPARED: 1},
            versions={exchange.version or "unknown": 1},
            rows=len(compared.rows),
            agreeing=sum(found.agrees for found in compared.rows),
            outputs=compared.outputs,
            worst=examples,
        )

    def _shown(self, inputs: Inputs) -> Inputs:
        return {name: redacted(value) if name in self.sensitive else value for name, value in inputs.items()}


def _known(chosen: Chosen, signature: Signature) -> Outputs | Outcome:
    """What was answered, whatever it was worth; else why there is nothing to ask."""
    exchange = chosen.exchange
    if exchange.redacted:
        return Outcome.REDACTED
    if not chosen.fits:
        return Outcome.MISFIT
    if exchange.answer is None:
        return Outcome.NO_ANSWER
    try:
        outputs = read_outputs(exchange.answer, signature.outputs)
    except ValueError:
        return Outcome.NO_ANSWER
    return outputs if is_about(outputs, len(chosen.inputs)) else Outcome.NO_ANSWER

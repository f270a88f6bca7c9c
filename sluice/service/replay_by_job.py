"""What does a batch transform job answer? Captured requests go there in one file, and the answers come back in one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sluice.aws.transforms import Transforms
from sluice.domain.errors import TransformFailed
from sluice.domain.message import Message
from sluice.domain.replay.transform import Transform, answers_of, line_of, why_no_line
from sluice.domain.signature import Signature
from sluice.service.choose_captured import Choice, Chosen
from sluice.service.replay import inference_id, is_asked

_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class JobCandidate:
    """A candidate that has answered already.

    Attributes:
        answers: By inference id.
        seconds: How long the job's instances worked.

    """

    answers: Mapping[str, Message]
    seconds: float = 0.0

    def answer(self, request: Message, *, inference_id: str) -> Message:
        """What it has answered."""
        del request
        return self.answers[inference_id]


def with_lines(choice: Choice, signature: Signature) -> Choice:
    """The same without the requests that have no place in a job's file, which are counted by reason."""
    kept: list[Chosen] = []
    skipped = choice.skipped.copy()
    for chosen in choice.chosen:
        why = why_no_line(chosen.exchange.request) if is_asked(chosen, signature) else None
        if why is None:
            kept.append(chosen)
        else:
            skipped[why] += 1
    return replace(choice, chosen=tuple(kept), skipped=skipped)


def asked_of(choice: Choice, signature: Signature) -> list[Chosen]:
    """The requests that a candidate is to answer; the others are only counted."""
    return [chosen for chosen in choice.chosen if is_asked(chosen, signature)]


def ask_job(
    asked: list[Chosen],
    transform: Transform,
    transforms: Transforms,
    *,
    told: Callable[[str], object],
    sleep: Callable[[float], None],
) -> JobCandidate:
    """Run the job and take its answers; its model and files are gone at the end, however that comes about.

    ``told`` hears the job's status at every look. Raises TransformFailed, CapacityLacking, ChangeRefused.
    """
    try:
        transforms.begin(transform, (line_of(chosen.exchange.request) for chosen in asked))
        while not (state := transforms.look(transform)).is_over:
            told(state.status)
            sleep(_PAUSE_SECONDS)
        if not state.has_answers:
            raise TransformFailed(f"the job {transform.name} is {state.status}: {state.reason or 'nobody says why'}")
        answers = answers_of(transforms.output(transform), requests=len(asked))
    finally:
        transforms.remove(transform)
    names = [inference_id(chosen.exchange) for chosen in asked]
    return JobCandidate(dict(zip(names, answers, strict=True)), state.seconds)

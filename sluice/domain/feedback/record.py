"""All that is known of one prediction, and what is still to be done about it.

Attempts and feedback come in any order, more than once, from writers that do not wait for each other. Each writes what
it brings first and looks at the whole record afterwards, so the last one to look sees everything; what is to be done
follows from the record alone, and doing it is conditional on the record being as it was seen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.rules import RuleBook, Rules

OUT_OF_BOUNDS = "out_of_bounds"
UNIT_COUNTED = "unit_counted"


class State(StrEnum):
    """How far feedback has come."""

    WAITING = "waiting"  # for the record of its prediction
    JOINED = "joined"  # counted for the variant that answered
    NOT_COUNTED = "not_counted"  # kept, with a reason why it does not count


@dataclass(frozen=True, slots=True)
class Kept:
    """Feedback as it is stored.

    Attributes:
        feedback: What was said.
        state: How far it has come.
        attempt: The attempt it is credited to, when joined.

    """

    feedback: Feedback
    state: State
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One prediction.

    Attributes:
        attempts: Those that were answered, in order.
        feedback: By goal.
        taken_back: Attempts whose exposure was taken back, because a later one gave the answer.
        compared: The attempt whose answer the label is compared with; None where it is with none.

    """

    attempts: tuple[Answered, ...] = ()
    feedback: Mapping[str, Kept] = field(default_factory=dict)
    taken_back: frozenset[int] = frozenset()
    compared: int | None = None

    @property
    def answered(self) -> Answered | None:
        """The attempt that gave the answer, as far as is known: the last."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, slots=True)
class Credit:
    """Count waiting feedback for the attempt that answered."""

    feedback: Feedback
    to: Answered


@dataclass(frozen=True, slots=True)
class Decline:
    """Keep waiting feedback without counting it."""

    feedback: Feedback
    to: Answered
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """Count feedback for the attempt that answered, and no more for one before it that did not after all."""

    feedback: Feedback
    source: Answered
    to: Answered


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Do not count the exposure of an attempt whose answer was replaced."""

    attempt: Answered


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare a label with what was answered, and no more with an attempt that did not give the answer after all."""

    feedback: Feedback
    source: Answered | None
    to: Answered

    @property
    def is_taken_back(self) -> bool:
        """Whether the label was compared with an answer of the source."""
        return self.source is not None and is_comparable(self.feedback, self.source)

    @property
    def is_counted(self) -> bool:
        """Whether there is an answer to compare it with."""
        return is_comparable(self.feedback, self.to)


Step = Credit | Decline | Move | TakeBack | Compare


def is_comparable(label: Feedback, answered: Answered) -> bool:
    """Whether a label is the place of one of the classes whose scores were answered, or a number as the answer is."""
    scores = answered.scores or ()
    return len(scores) == 1 or label.value in range(len(scores))


def steps(record: Record, rules: RuleBook) -> tuple[Step, ...]:
    """What is to be done, in this order: credits leave an attempt before its exposure does.

    The label comes first: feedback that is joined is looked at no more, and what comes before that is not lost.
    """
    answered = record.answered
    if answered is None:
        return ()
    return (
        *_compared(record, answered, rules.of(answered.model)),
        *_credits(record, answered, rules),
        *_taken_back(record, answered),
    )


def _compared(record: Record, answered: Answered, rules: Rules) -> Iterator[Step]:
    """Every label that is in bounds counts, whether or not its unit's reward does: it is a fact about an answer."""
    kept = record.feedback.get(rules.label) if rules.label else None
    if kept is None or record.compared == answered.by.attempt or not rules.takes(kept.feedback):
        return
    source = next((each for each in record.attempts if each.by.attempt == record.compared), None)
    step = Compare(kept.feedback, source, answered)
    if source is not None or (record.compared is None and step.is_counted):
        yield step


def _credits(record: Record, answered: Answered, rules: RuleBook) -> Iterator[Step]:
    credited = {attempt.by.attempt: attempt for attempt in record.attempts}
    for kept in record.feedback.values():
        if kept.state is State.WAITING and rules.of(answered.model).takes(kept.feedback):
            yield Credit(kept.feedback, answered)
        elif kept.state is State.WAITING:
            yield Decline(kept.feedback, answered, OUT_OF_BOUNDS)
        elif kept.attempt in credited and kept.attempt != answered.by.attempt:
            yield Move(kept.feedback, credited[kept.attempt], answered)


def _taken_back(record: Record, answered: Answered) -> Iterator[Step]:
    for attempt in record.attempts:
        if attempt is not answered and attempt.by.attempt not in record.taken_back:
            yield TakeBack(attempt)

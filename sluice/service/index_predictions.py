"""Take in one file of captured data: who answered which prediction, and what was said about it before."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sluice.aws.captures import CapturedFile, Captures, DeadLetters
from sluice.domain.feedback.capture import Answered, Origin, Poison, Skipped, no_slices, read_line
from sluice.domain.redaction.rules import Step
from sluice.service.redact import Done, Redaction, redact_when_done
from sluice.service.settle_feedback import Ledger, settle
from sluice.service.slice_book import SliceBook

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking in takes.

    Attributes:
        captures: The files.
        dead_letters: Where what cannot be read is put aside, for a person to look at.
        models: Names of the models by endpoint.
        ledger: Where predictions and feedback meet.
        redaction: What is done with files when they are taken in; None where no model has sensitive inputs.
        slices: By which labels are counted; None where by none.

    """

    captures: Captures
    dead_letters: DeadLetters
    models: Mapping[str, str]
    ledger: Ledger
    redaction: Redaction | None = None
    slices: SliceBook | None = None


@dataclass(frozen=True, slots=True)
class Indexed:
    """What a file brought.

    Attributes:
        model: Whose predictions.
        variant: Who answered them.
        predictions: How many were answered.
        unattributed: Lines of somebody who asked the endpoint without Sluice.
        copies: Lines of a shadow variant.
        poisoned: Lines that cannot be read.

    """

    model: str
    variant: str
    predictions: int
    unattributed: int
    copies: int
    poisoned: int


@dataclass(slots=True)
class _Content:
    """A file's lines, sorted."""

    answered: dict[tuple[str, int], Answered] = field(default_factory=dict)
    skipped: Counter[Skipped] = field(default_factory=Counter)
    poisoned: list[str] = field(default_factory=list)


def index_predictions(file: CapturedFile, intake: Intake, *, now: datetime) -> Indexed:
    """Write a record of each prediction and join the feedback that waits.

    Safe to repeat: the same file again changes nothing. Lines that cannot be read are put aside with the reason, all
    others are taken in. Raises Poison when the whole file cannot be read, StoreUnavailable.
    """
    origin = Origin.of(file.key)
    model = intake.models.get(origin.endpoint)
    if model is None:
        raise Poison(f"no model here has the endpoint {origin.endpoint}; there are {sorted(intake.models)}")
    captured = intake.captures.open(file)
    known = intake.slices.of if intake.slices else no_slices
    content = _read(captured.lines, lambda line: read_line(line, model=model, origin=origin, known=known))
    attempts = list(content.answered.values())
    intake.ledger.predictions.count(file.key, attempts, now=now)
    intake.ledger.predictions.add(attempts)
    _join(attempts, intake.ledger, now)
    if content.poisoned and not captured.is_redacted:
        reason = f"{len(content.poisoned)} lines cannot be read"
        intake.dead_letters.bury(file, reason, content.poisoned[:_MOST_SHOWN])
    if intake.redaction and not captured.is_redacted:
        redact_when_done(Done(file, captured.etag, model, Step.INDEXED), intake.redaction, now=now)
    skipped = content.skipped
    unattributed, copies = skipped[Skipped.UNATTRIBUTED], skipped[Skipped.COPY]
    return Indexed(model, origin.variant, len(attempts), unattributed, copies, len(content.poisoned))


def _read(lines: Iterable[bytes], read: Callable[[bytes], Answered | Skipped]) -> _Content:
    content = _Content()
    for number, line in enumerate(lines, start=1):
        try:
            found = read(line)
        except Poison as poison:
            content.poisoned.append(f"line {number}: {poison}")
            continue
        if isinstance(found, Answered):
            content.answered[found.prediction_id, found.by.attempt] = found
        else:
            content.skipped[found] += 1
    return content


def _join(attempts: Iterable[Answered], ledger: Ledger, now: datetime) -> None:
    """Settle those that somebody waits for, and those whose answer took the place of an earlier one."""
    ids = dict.fromkeys(attempt.prediction_id for attempt in attempts)
    replacing = dict.fromkeys(attempt.prediction_id for attempt in attempts if attempt.by.attempt > 1)
    ledger.predictions.note(replacing, now=now)
    for prediction_id in sorted({*replacing, *ledger.predictions.noted(ids)}):
        settle(prediction_id, ledger)

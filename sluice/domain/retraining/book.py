"""What is known of a model's retrainings? The one in flight, those before it, and what was refused.

One record a model, so that two triggers at once write the same one: only one of them can begin what is in flight. It
fits into an item of DynamoDB (400 KB) whatever is told: only the newest are kept in full words, and the audit has all.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from sluice.domain.retraining.pending import Pending
from sluice.domain.retraining.run import Run
from sluice.domain.retraining.trigger import Cause, Trigger

MOST_RUNS = 60
_MOST_REFUSALS = 50
_IN_FULL = 5
_LONGEST_TEXT = 250
_BRIEF_TEXT = 60


@dataclass(frozen=True, slots=True)
class Refusal:
    """A trigger that started nothing.

    Attributes:
        cause: What called for a retraining.
        key: Of the event.
        reason: Why it was called for.
        by: Who called for it.
        at: When it was refused; aware, UTC.
        refused: Why it was refused, with its numbers.

    """

    cause: Cause
    key: str
    reason: str
    by: str
    at: datetime
    refused: str

    @classmethod
    def of(cls, trigger: Trigger, refused: str, *, now: datetime) -> Self:
        """The refusal of a trigger."""
        reason, by = trigger.reason[:_LONGEST_TEXT], trigger.by[:_LONGEST_TEXT]
        return cls(trigger.cause, trigger.key, reason, by, now, refused[:_LONGEST_TEXT])

    def brief(self) -> Self:
        """What is kept of it when it is long past."""
        return replace(self, reason=self.reason[:_BRIEF_TEXT], refused=self.refused[:_BRIEF_TEXT])

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "cause": self.cause.value, "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, TypeError or ValueError."""
        return cls(**{**form, "cause": Cause(form["cause"]), "at": datetime.fromisoformat(form["at"])})


@dataclass(frozen=True, slots=True)
class Book:
    """The retrainings of a model; every write of it is conditional on ``revision``.

    Attributes:
        model: Name of the model.
        in_flight: What is not over, as far as is known.
        past: Those that are over, newest first, sixty at most.
        refused: What was refused, newest first, fifty at most.
        pending: The newest drift that was refused and waits to be taken up, if any.
        revision: Counts writes; a write names the revision it read.
        sequence: Counts the lines of the audit.

    """

    ID: ClassVar[str] = "book"

    model: str
    in_flight: Run | None = None
    past: tuple[Run, ...] = ()
    refused: tuple[Refusal, ...] = ()
    pending: Pending | None = None
    revision: int = 0
    sequence: int = 0

    @property
    def runs(self) -> tuple[Run, ...]:
        """All that have been started, newest first."""
        return self.past if self.in_flight is None else (self.in_flight, *self.past)

    def with_run(self, run: Run) -> Self:
        """The book once that which is in flight is as given; over, it is one of the past."""
        if run.is_over:
            older = (each.brief() for each in self.past[_IN_FULL - 1 : MOST_RUNS - 1])
            return replace(self, in_flight=None, past=(run, *self.past[: _IN_FULL - 1], *older))
        return replace(self, in_flight=run)

    def with_refusal(self, refusal: Refusal) -> Self:
        """The book with one more refusal."""
        older = (each.brief() for each in self.refused[_IN_FULL - 1 : _MOST_REFUSALS - 1])
        return replace(self, refused=(refusal, *self.refused[: _IN_FULL - 1], *older))

    def waiting(self, pending: Pending | None) -> Self:
        """The book with another drift that waits, or none: the newest takes the place of the one before."""
        return replace(self, pending=pending)

    def with_drift(self, trigger: Trigger) -> Self:
        """The book with a drift that waits, the newest told, but since when the first of that version was told.

        Else a version of which something else drifts every hour would wait for its labels forever.
        """
        newer, before = Pending.of(trigger), self.pending
        if before is not None and before.version == newer.version and self.called_since(before.at) is None:
            newer = replace(newer, at=before.at)
        return self.waiting(newer)

    def called_since(self, moment: datetime) -> Run | None:
        """A retraining that was called for then or later, and has run."""
        return next((run for run in self.runs if run.has_run and run.requested_at >= moment), None)

    def answered(self, key: str) -> Run | Refusal | None:
        """What became of an event; None when it is new."""
        known: tuple[Run | Refusal, ...] = (*self.runs, *self.refused)
        return next((each for each in known if each.key == key), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as stored."""
        return {
            "id": self.ID,
            "model": self.model,
            "in_flight": self.in_flight.to_dict() if self.in_flight else None,
            "past": [run.to_dict() for run in self.past],
            "refused": [refusal.to_dict() for refusal in self.refused],
            "pending": self.pending.to_dict() if self.pending else None,
            "revision": self.revision,
            "sequence": self.sequence,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form, that of before drifts waited too. Raises KeyError, TypeError or ValueError."""
        return cls(
            model=form["model"],
            in_flight=Run.from_dict(form["in_flight"]) if form["in_flight"] else None,
            past=tuple(map(Run.from_dict, form["past"])),
            refused=tuple(map(Refusal.from_dict, form["refused"])),
            pending=Pending.from_dict(form["pending"]) if form.get("pending") else None,
            revision=form["revision"],
            sequence=form["sequence"],
        )

"""How far is an experiment that is really run? Its record: the weights wanted, what a bandit believes, who decided."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from sluice.domain.errors import InvalidExperiment
from sluice.domain.experiment.experiment import Experiment, Mode, Phase
from sluice.domain.experiment.thompson import Belief
from sluice.domain.feedback.bucket import bucket_of
from sluice.domain.routing import Interleaving

LEAST_MINUTES = 1.0
_MOMENTS = ("requested_at", "settled_at", "batched_at", "counted_until", "ended_at")
_AS_THEY_ARE = (
    *("every_minutes", "first_revision", "table_revision", "batch"),
    *("reason", "decided_by", "revision", "sequence"),
)
_MAPPINGS = ("versions", "weights", "before")


@dataclass(frozen=True, slots=True)
class Stop:
    """A decision to end it, which the next look obeys.

    Attributes:
        actor: Who: an ARN, a user's name, or an alarm's.
        reason: Why, in their words.
        weights: The traffic afterwards, whole percents by slot; None: as it is.

    """

    actor: str
    reason: str
    weights: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Run:
    """The record of an experiment that is run; every write of it is conditional on ``revision``.

    Attributes:
        experiment: What is compared, and its phase.
        versions: Model version by variant, as at the start: an experiment compares versions, slots only carry them.
        requested_at: Aware, UTC.
        weights: Traffic wanted, whole percents by variant; slots that take no part get 0.
        before: The traffic wanted before that: what a change half done looks like.
        first_revision: Of the first routing table that may carry its weights.
        table_revision: Of the one that carries the present weights, as far as is known.
        settled_at: When these weights were first seen in effect; None until then.
        every_minutes: Of a bandit: how long its weights stay, at least.
        batch: Of a bandit: how many batches have moved its beliefs.
        batched_at: When the last one did.
        beliefs: Of a bandit: what is known of each variant's rewards, discounted.
        counted_until: End of the predictions that beliefs are made of.
        stop: A decision to end it that is not carried out yet.
        ended_at: When it was over.
        reason: Of the last decision, with its numbers.
        decided_by: Who made it: ``controller``, a person, an alarm's name.
        revision: Counts writes; a write names the revision it read.
        sequence: Number of the last audit entry.

    """

    experiment: Experiment
    versions: Mapping[str, str]
    requested_at: datetime
    weights: Mapping[str, int]
    before: Mapping[str, int]
    first_revision: int
    table_revision: int
    settled_at: datetime | None = None
    every_minutes: float = 5
    batch: int = 0
    batched_at: datetime | None = None
    beliefs: Mapping[str, Belief] = field(default_factory=dict)
    counted_until: datetime | None = None
    stop: Stop | None = None
    ended_at: datetime | None = None
    reason: str = ""
    decided_by: str = ""
    revision: int = 0
    sequence: int = 0

    def __post_init__(self) -> None:
        if not self.every_minutes >= LEAST_MINUTES:
            raise InvalidExperiment(f"a bandit's weights stay for a minute or more, got {self.every_minutes:g}")

    @property
    def id(self) -> str:
        """Sorts by time."""
        return self.experiment.id

    @property
    def model(self) -> str:
        """Model name."""
        return self.experiment.model

    @property
    def author(self) -> str:
        """How it signs the routing table."""
        return f"experiment:{self.id}"

    @property
    def interleaving(self) -> Interleaving | None:
        """What is wanted in the routing table beside its weights, until somebody ends it."""
        is_wanted = self.experiment.mode is Mode.INTERLEAVING and self.stop is None
        return Interleaving(self.experiment.treatments[0]) if is_wanted else None

    @property
    def is_over(self) -> bool:
        """Whether nothing can change it any more."""
        return self.experiment.is_over

    def mature_until(self, now: datetime) -> datetime:
        """Predictions made before this moment are old enough to count; what comes after its end does not."""
        mature = now - timedelta(minutes=self.experiment.maturation_minutes)
        return min(mature, self.ended_at or mature)

    def next_batch(self, now: datetime) -> tuple[datetime, datetime] | None:
        """When the predictions of a bandit's next batch were made, if it is time for one: from, until."""
        if self.experiment.mode is not Mode.BANDIT or self.experiment.phase is not Phase.RUNNING or self.stop:
            return None
        last = self.batched_at or self.experiment.started_at
        if self.settled_at is None or last is None or now < last + timedelta(minutes=self.every_minutes):
            return None
        return self.counted_until or bucket_of(self.requested_at), self.mature_until(now)

    def entering(self, phase: Phase, *, now: datetime) -> Self:
        """The record in another phase. Raises InvalidExperiment where there is no way from here."""
        entered = self.experiment.entering(phase, now=now)
        return replace(self, experiment=entered, ended_at=now if entered.is_over else None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as stored."""
        return {
            "id": self.id,
            "model": self.model,
            "experiment": replace(self.experiment, revision=self.revision).to_dict(),
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            **{name: dict(getattr(self, name)) for name in _MAPPINGS},
            **{name: _text(getattr(self, name)) for name in _MOMENTS},
            "beliefs": {variant: belief.to_dict() for variant, belief in self.beliefs.items()},
            "stop": asdict(self.stop) if self.stop else None,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError, TypeError, ValueError or InvalidExperiment."""
        values: dict[str, Any] = {
            **{name: form[name] for name in _AS_THEY_ARE},
            **{name: dict(form[name]) for name in _MAPPINGS},
            **{name: _moment(form[name]) for name in _MOMENTS},
            "experiment": Experiment.from_dict(form["experiment"]),
            "beliefs": {variant: Belief.from_dict(belief) for variant, belief in form["beliefs"].items()},
            "stop": Stop(**form["stop"]) if form["stop"] else None,
        }
        return cls(**values)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

"""What does a look decide? One effect on the world, what to record first, and when to look again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sluice.domain.rollout.rollout import Rollout
from sluice.domain.routing import Preview


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leave the world as it is."""


@dataclass(frozen=True, slots=True)
class Serve:
    """Have the endpoint serve these artifacts: models, a config, UpdateEndpoint.

    Attributes:
        artifacts: S3 URL by production slot, of the slots the rollout minds; other live slots stay as they are.
        weights: Traffic weights the endpoint starts the new config with, by slot; 0 for a slot that is missing.
        shadow: S3 URL of what gets a copy of the requests; None: nothing of the rollout's.
        removed: Slots to take down, ``shadow`` among them when the rollout's own has done its part.
        in_place: Whether SageMaker's guardrails carry the change out (a single variant whose alarms roll it back).

    """

    artifacts: Mapping[str, str]
    weights: Mapping[str, int]
    shadow: str | None = None
    removed: frozenset[str] = frozenset()
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Bring the routing table, then the endpoint's weights, to these.

    Attributes:
        weights: Whole percents by slot, of the whole table; they sum to 100. A slot that is missing leaves the table.
        versions: Model version by slot.
        preview: Who sees a variant before the others, if anybody.

    """

    weights: Mapping[str, int]
    versions: Mapping[str, str]
    preview: Preview | None = None


Effect = Nothing | Serve | Route


class EntryKind(StrEnum):
    """What an audit entry tells: past tense, one a decision."""

    REQUESTED = "requested"
    STARTED = "started"
    INSTALLED = "installed"
    SHIFTED = "shifted"
    HELD = "held"
    RESUMED = "resumed"
    PROMOTED = "promoted"
    ABORTED = "aborted"
    ROLLED_BACK = "rolled_back"
    COMMANDED = "commanded"
    RETRIED = "retried"
    WAITED = "waited"
    FINISHED = "finished"
    HEALED = "healed"
    """Something that was removed by hand under the endpoint was made anew."""
    DRIFTED = "drifted"
    RECOVERED = "recovered"
    """What had drifted is judged well again."""
    WORSENED = "worsened"
    """A version is wrong more often than at training."""
    UNUSUAL = "unusual"
    """A model is asked far less, or far more, than usual."""
    ACCEPTED = "accepted"
    """A person took a drift for the new normal."""
    REFUSED = "refused"
    """A retraining was called for and not started."""
    FAILED = "failed"
    """A retraining ended without a success."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit.

    Attributes:
        kind: What happened.
        actor: Who decided: ``controller``, a person, an alarm's name.
        reason: Why, with its numbers.
        at: When; aware, UTC.
        details: What it was decided on: weights before and after, evidence, alarms; JSON.

    """

    kind: EntryKind
    actor: str
    reason: str
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a look. What is recorded is recorded first; effects can be asked for twice.

    Attributes:
        rollout: The record after the decision; the very same object when nothing is to be recorded. ``revision`` and
            ``sequence`` are as they were: the store counts.
        effect: What to do to the world.
        entry: The audit's line; every change of the record's position, weights, slots or phase has one.
        wake_at: When to look again, at the latest; None when only an event can change anything.
        opens_incident: Whether an incident is to be opened about it.

    """

    rollout: Rollout
    effect: Effect
    entry: Entry | None
    wake_at: datetime | None
    opens_incident: bool = False

"""What is known of one rollout? Its record: what is wanted of the endpoint, how far it is, and what was counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.stage import Stage
from sluice.domain.variant import CHAMPION


class Phase(StrEnum):
    """Where a rollout stands, in Argo Rollouts' sense."""

    PENDING = "pending"
    """Queued: another rollout of the model is under way."""

    PROGRESSING = "progressing"
    PAUSED = "paused"
    """Held for a person; traffic stays as it is."""

    SUCCEEDED = "succeeded"
    ABORTED = "aborted"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self in {Phase.SUCCEEDED, Phase.ABORTED}


class Position(StrEnum):
    """What a rollout is doing; each is left only when endpoint and routing table are seen to be as it wants them."""

    QUEUED = "queued"
    CLEARING = "clearing"
    """Traffic of the challenger slot goes to the champion, so that the slot can be filled anew."""

    INSTALLING = "installing"
    """The candidate goes into the slot that the next stage takes, at weight 0."""

    STAGE = "stage"
    SWAPPING = "swapping"
    """Candidate and previous version change slots; the table names the slots as before, and both versions answer."""

    BAKING = "baking"
    RETIRING = "retiring"
    """The challenger slot is taken down, unless sluice.yaml declares it."""

    RETURNING = "returning"
    """Aborting: all traffic to the slot that serves the previous version: a call of the table, one of the endpoint."""

    RESTORING = "restoring"
    """Aborting after the swap: the previous version goes back into the champion's slot."""

    DONE = "done"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of a model.

    Attributes:
        version: As answers name it.
        artifact: S3 URL of its model.tar.gz.

    """

    version: str
    artifact: str


class Verb(StrEnum):
    """What a person may ask of a rollout."""

    PAUSE = "pause"
    RESUME = "resume"
    PROMOTE = "promote"
    """Past a stage that waits for a person or for evidence: on to the next stage; past a hold: accept what is so."""

    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Command:
    """A person's decision that the next look obeys.

    Attributes:
        verb: What to do.
        actor: Who: an ARN or a user's name.
        reason: Why, in their words.
        at: When; aware, UTC.

    """

    verb: Verb
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """A change asked of the endpoint that is not seen yet: how often, what became of it, and when to ask again.

    Attributes:
        reason: Why it failed, in SageMaker's words; empty as long as nothing is known of it.
        attempts: How often in a row.
        again_at: Not before; aware, UTC.
        is_capacity: Whether instances were lacking: that is waited for, without giving up.
        standing: While the last attempt is open: the failure that the endpoint told of before it, which may be stale.

    """

    reason: str
    attempts: int
    again_at: datetime
    is_capacity: bool
    standing: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is known yet of the last attempt."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Stuck:
    """Weights that were asked for and are not in effect, of an endpoint that changes nothing.

    Attributes:
        since: When a look first saw that; aware, UTC.
        is_told: Whether people were told.

    """

    since: datetime
    is_told: bool = False


class Hold(StrEnum):
    """Why a rollout is paused: it says who may move it on, and what going on means."""

    PERSON = "person"
    """Somebody asked for it."""
    HANDS = "hands"
    """Somebody changed weights or contents by hand: from then on only people move it."""
    CHAMPION = "champion"
    """The champion has trouble of its own: this is no time for a release."""
    MISMATCH = "mismatch"
    """Traffic is not split as asked for, so that nothing counted can be trusted."""
    UNDECIDED = "undecided"
    """Evidence has not decided in the time it had."""
    TROUBLE = "trouble"
    """The endpoint cannot be changed, and there is no way back that would not need a change, too."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look saw when the present wish was decided: until the wish is fulfilled, nobody need have done that.

    Attributes:
        artifacts: S3 URL by slot.
        weights: Traffic weights asked of the endpoint, by slot.
        table: Whole percents by slot in the routing table.
        revision: Of the routing table.

    """

    artifacts: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    table: Mapping[str, int] = field(default_factory=dict)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Rollout:
    """The record of one rollout; every write of it is conditional on ``revision``.

    Attributes:
        id: Sorts by time: ``20261122T101500-3f9a``.
        model: Model name.
        endpoint: SageMaker endpoint name.
        candidate: The version to release.
        previous: The champion when the rollout began to move; the version an abort goes back to.
        plan: What it goes through.
        requested_by: Who asked: an ARN, a user's name, or the approved model package.
        requested_at: Aware, UTC.
        phase: Where it stands.
        position: What it is doing.
        stage: Index into the plan's stages.
        slots: Version wanted in each slot it minds: champion, challenger, shadow. Others are left alone.
        weights: Traffic wanted for each slot in the routing table and on the endpoint, whole percents.
        before: The weights wanted before these: what a change half done looks like.
        seen: What there was when these were decided: it, too, is nobody's doing since.
        is_settled: Whether endpoint and table have been seen as wanted since the last change of mind; from then on
            other weights or contents are a person's doing.
        since: When the present position, stage or weights were decided; aware, UTC.
        settled_at: When they were first seen in effect; None until then.
        compared_since: When the first stage that compares began; None until then.
        promoted_at: When the candidate was first asked for in the champion's slot; None until then.
        evidence: What was counted so far.
        reason: Of the last decision, with its numbers.
        hold: While paused: which kind of hold it is.
        held_because: While paused: why, in words.
        command: A person's decision that is not obeyed yet.
        trouble: What keeps the endpoint from being changed, if anything does.
        stuck: Since when the weights wanted do not come into effect although the endpoint is at rest, if they do not.
        decided_by: Who made the last decision: ``controller`` or a person.
        revision: Counts writes; a write names the revision it read.
        sequence: Number of the last audit entry.

    """

    id: str
    model: str
    endpoint: str
    candidate: ModelVersion
    previous: ModelVersion
    plan: Plan
    requested_by: str
    requested_at: datetime
    phase: Phase = Phase.PENDING
    position: Position = Position.QUEUED
    stage: int = 0
    slots: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    before: Mapping[str, int] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    is_settled: bool = False
    since: datetime | None = None
    settled_at: datetime | None = None
    compared_since: datetime | None = None
    promoted_at: datetime | None = None
    evidence: EvidenceSoFar = field(default_factory=EvidenceSoFar)
    reason: str = ""
    hold: Hold | None = None
    held_because: str | None = None
    command: Command | None = None
    trouble: Trouble | None = None
    stuck: Stuck | None = None
    decided_by: str = "controller"
    revision: int = 0
    sequence: int = 0

    @property
    def current(self) -> Stage:
        """The plan's stage it has come to."""
        return self.plan.stages[self.stage]

    @property
    def author(self) -> str:
        """How it signs the routing table."""
        return f"rollout:{self.id}"

    @property
    def is_aborting(self) -> bool:
        """Whether it is on its way back to the previous version."""
        if self.position is Position.RETIRING:
            return self.slots.get(CHAMPION) != self.candidate.version
        return self.position in {Position.RETURNING, Position.RESTORING}

    def artifact_of(self, version: str) -> str:
        """S3 URL of one of its two versions. Raises KeyError for a third."""
        return {each.version: each.artifact for each in (self.candidate, self.previous)}[version]

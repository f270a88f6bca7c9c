"""The rollouts and their audit in DynamoDB: ``MODEL#<model> / ROLLOUT#<id>``, kept as ``sluice.aws.audited`` says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sluice.aws.audited import Audited
from sluice.domain.incident import Incident
from sluice.domain.rollout.decision import Entry
from sluice.domain.rollout.document import from_document, to_document
from sluice.domain.rollout.rollout import Position, Rollout


def active_of(rollouts: Sequence[Rollout]) -> Rollout | None:
    """The one that is under way, else the one that was asked for first; None when all are over."""
    waiting = [rollout for rollout in rollouts if not rollout.phase.is_over]
    return min(waiting, key=lambda each: (each.position is Position.QUEUED, each.requested_at, each.id), default=None)


class Rollouts(Audited[Rollout]):
    """Reads and writes rollouts."""

    KIND = "ROLLOUT"

    def active(self, model: str) -> Rollout | None:
        """The one under way, or the next one, or None."""
        return active_of(self.recent(model))

    def put(
        self,
        rollout: Rollout,
        entry: Entry | None = None,
        *,
        incident: Incident | None = None,
        fence: int | None = None,
    ) -> Rollout:
        """Write a rollout on top of the revision it was read with, and what tells of it; return it as written.

        A rollout of revision 0 is new. ``fence`` is that of the lease held; without it the write needs none. Raises
        StaleWrite when somebody else wrote first, or holds the lease by now.
        """
        added = 0 if entry is None else 1
        written = replace(rollout, revision=rollout.revision + 1, sequence=rollout.sequence + added)
        self._write(to_document(written), entry, incident, fence)
        return written

    def _from_form(self, form: Mapping[str, Any]) -> Rollout:
        return from_document(form)

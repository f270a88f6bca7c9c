"""The experiments and their audit in DynamoDB: ``MODEL#<model> / EXPERIMENT#<id>``, as ``sluice.aws.audited`` says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sluice.aws.audited import Audited
from sluice.domain.experiment.run import Run
from sluice.domain.rollout.decision import Entry


class Experiments(Audited[Run]):
    """Reads and writes experiments that are really run."""

    KIND = "EXPERIMENT"

    def active(self, model: str) -> Run | None:
        """The one that is not over; None when all are. Only the newest can be."""
        newest = self.recent(model, 1)
        return newest[0] if newest and not newest[0].is_over else None

    def put(self, run: Run, entry: Entry | None = None, *, fence: int | None = None) -> Run:
        """Write an experiment on top of the revision it was read with, and what tells of it; return it as written.

        One of revision 0 is new. ``fence`` is that of the lease held; without it the write needs none. Raises
        StaleWrite when somebody else wrote first, or holds the lease by now.
        """
        revision, sequence = run.revision + 1, run.sequence + (entry is not None)
        experiment = replace(run.experiment, revision=revision)
        written = replace(run, experiment=experiment, revision=revision, sequence=sequence)
        self._write(written.to_dict(), entry, None, fence)
        return written

    def _from_form(self, form: Mapping[str, Any]) -> Run:
        return Run.from_dict(form)

"""What is known of each version's drift: ``MODEL#<model> / DRIFT#<version>``, kept as ``sluice.aws.audited`` says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sluice.aws import table as state
from sluice.aws.audited import Audited
from sluice.domain.incident import Incident
from sluice.domain.monitoring.watch import Watch
from sluice.domain.rollout.decision import Entry


class Watches(Audited[Watch]):
    """Reads and writes what is known of drift."""

    KIND = "DRIFT"

    def recent(self, model: str, limit: int = 20) -> list[Watch]:
        """Those of the versions that were looked at last, the last first: versions do not sort by time."""
        every = [self._from_form(state.read(item)) for item in self._every(f"MODEL#{model}", f"{self.KIND}#")]
        return sorted(every, key=lambda watch: watch.looked_at, reverse=True)[:limit]

    def put(self, watch: Watch, entry: Entry | None = None, *, incident: Incident | None = None) -> Watch:
        """Write it on top of the revision it was read with, with what tells of it. Raises StaleWrite."""
        added = 0 if entry is None else 1
        written = replace(watch, revision=watch.revision + 1, sequence=watch.sequence + added)
        self._write(written.to_dict(), entry, incident, None)
        return written

    def _from_form(self, form: Mapping[str, Any]) -> Watch:
        return Watch.from_dict(form)

"""What is known of how often each model is asked: ``MODEL#<model> / VOLUME#predictions``, kept as ``audited`` says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sluice.aws.audited import Audited
from sluice.domain.incident import Incident
from sluice.domain.monitoring.watch_volume import VolumeWatch
from sluice.domain.rollout.decision import Entry


class VolumeWatches(Audited[VolumeWatch]):
    """Reads and writes what is known of volumes: one record a model."""

    KIND = "VOLUME"

    def of(self, model: str) -> VolumeWatch | None:
        """That of a model; None before its first look."""
        return self.get(model, VolumeWatch.ID)

    def put(self, watch: VolumeWatch, entry: Entry | None = None, *, incident: Incident | None = None) -> VolumeWatch:
        """Write it on top of the revision it was read with, with what tells of it. Raises StaleWrite."""
        added = 0 if entry is None else 1
        written = replace(watch, revision=watch.revision + 1, sequence=watch.sequence + added)
        self._write(written.to_dict(), entry, incident, None)
        return written

    def _from_form(self, form: Mapping[str, Any]) -> VolumeWatch:
        return VolumeWatch.from_dict(form)

"""Take a drift for the new normal, because a person says so: from now on windows are compared with these."""

import base64
from dataclasses import dataclass
from datetime import datetime

from sluice.domain.drift.summary import empty
from sluice.domain.drift.wire import encode
from sluice.domain.errors import DriftNotAccepted
from sluice.domain.monitoring.baseline import accepted_slices
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.watch import Accepted, Watch, accept
from sluice.domain.monitoring.window import LENGTH, hour_of
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.service.count_windows import Counted
from sluice.service.judge_drift import Services, read_windows, rules_of


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a person says.

    Attributes:
        model: Name of the model.
        version: Whose drift.
        by: Who says so.
        reason: Why.

    """

    model: str
    version: str
    by: str
    reason: str


def accept_drift(said: Acceptance, watching: Watching, services: Services, *, now: datetime) -> Watch:
    """Compare the version with its windows since the drift began, all of them together, and each slice with its rows.

    Raises DriftNotAccepted when there is nothing to accept, or too little to compare with; StaleWrite.
    """
    watch = services.watches.get(said.model, said.version)
    reference = services.references.get(said.model, said.version)
    if watch is None or reference is None or not watch.drifting:
        raise DriftNotAccepted(f"version {said.version} of {said.model} has no drift that could be accepted")
    since = min(each.since for each in watch.drifting)
    windows = read_windows(watch, reference.binning, rules_of(watching), services.windows, now=now)
    hours = (hour_of(now) - since) // LENGTH + 1
    counted = sum(windows[-hours:], start=Counted(empty(reference.binning)))
    summary = counted.summary
    if summary.rows < watching.least_rows:
        raise DriftNotAccepted(
            f"version {said.version} was asked about {summary.rows:,} rows since {since:%Y-%m-%d %H:%M}; "
            f"{watching.least_rows:,} are needed to compare with: wait for more"
        )
    packed = base64.b64encode(encode(summary)).decode()
    slices = accepted_slices(counted.slices)
    repeats = counted.repeats
    accepted = Accepted(said.by, said.reason, now, since, summary.rows, packed, slices, repeats.rows, repeats.copies)
    details = {"features": [each.where for each in watch.drifting], "rows": summary.rows, "since": since.isoformat()}
    entry = Entry(EntryKind.ACCEPTED, said.by, said.reason, now, details)
    return services.watches.put(accept(watch, accepted), entry)

"""What is a deployed version compared with, and from when on? What a person has accepted, else its training data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sluice.aws.outcomes import OutcomeStore
from sluice.aws.references import References
from sluice.aws.state import RoutingStore
from sluice.aws.watches import Watches
from sluice.aws.windows import Windows
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.sliced import Slice, SlicedReference, read_sliced
from sluice.domain.errors import InvalidReference, ModelNotFound, SluiceError
from sluice.domain.monitoring.baseline import Baseline, baseline
from sluice.domain.monitoring.loss import Loss
from sluice.domain.monitoring.watch import Accepted, Watch
from sluice.domain.variant import CHAMPION
from sluice.service.find_reference import check_its_model


class NothingToReport(SluiceError):
    """There is no such version, nothing to compare it with, or nothing that it was asked."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a deployment's drift is kept.

    Attributes:
        routings: Which version is where.
        references: What versions are compared with.
        windows: What was counted.
        outcomes: What labels said of it.
        watches: What a person accepted.
        sensitive: Inputs of whose values nothing is known.

    """

    routings: RoutingStore
    references: References
    windows: Windows
    outcomes: OutcomeStore
    watches: Watches
    sensitive: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """What a version is compared with.

    Attributes:
        reference: The counts.
        name: What they are, in words.
        accepted: Earlier hours are not compared with them; None where they are the training data.
        losses: Of the version's quality, that last, by the names of slices; that of all rows has no name.

    """

    reference: SlicedReference
    name: str = "training data"
    accepted: datetime | None = None
    losses: Mapping[str, Loss] = field(default_factory=dict)


def champion_of(model: str, stores: Stores) -> str:
    """The version that serves. Raises ModelNotFound."""
    routing = stores.routings.get(model)
    if routing is None:
        raise ModelNotFound(f"{model} is not deployed: it has no routing table")
    return routing.versions[CHAMPION]


def find_compared(model: str, version: str, stores: Stores) -> Compared:
    """What a version is compared with. Raises NothingToReport or InvalidReference."""
    content = stores.references.get(model, version)
    watch = stores.watches.get(model, version)
    if content is None:
        raise NothingToReport(_lacking(model, version, watch, stores))
    try:
        trained = presence_only(read_sliced(content), stores.sensitive)
        check_its_model(trained, model, version, stores.routings)
    except InvalidReference as wrong:
        raise InvalidReference(f"the reference of version {version} of {model} cannot be used: {wrong}") from wrong
    losses = watch.quality.all_losses if watch and watch.quality else {}
    if watch is None or watch.accepted is None:
        return Compared(trained, losses=losses)
    compared = baseline(trained, trained.slices, watch.accepted)
    if compared.whole is trained.whole:
        return Compared(trained, losses=losses)
    return replace(_accepted(watch.accepted, compared, trained.outcomes), losses=losses)


def _accepted(accepted: Accepted, compared: Baseline, outcomes: Mapping[Slice, Outcomes]) -> Compared:
    name = f"{accepted.rows:,} rows accepted by {accepted.by} on {accepted.at:%Y-%m-%d}: {accepted.reason}"
    pasts = {of: past.summary for of, past in compared.slices.items()}
    return Compared(SlicedReference(compared.whole, pasts, outcomes), name, accepted.since)


def _lacking(model: str, version: str, watch: Watch | None, stores: Stores) -> str:
    routing = stores.routings.get(model)
    serving = sorted(set(routing.versions.values())) if routing else []
    if watch is None and version not in serving:
        return (
            f"{model} has no version {version} that is watched; its routing table names {', '.join(serving) or 'none'}"
        )
    return f"version {version} of {model} has no reference: build reference.json beside the model (docs/monitoring.md)"

"""What has been counted in a rollout: counts of each epoch of constant weights, and the state of the watch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

from sluice.domain.evidence.counts import Epoch
from sluice.domain.shadow.shadowed import Shadowed


@dataclass(frozen=True, slots=True)
class Previewed:
    """What the candidate made of recorded requests, each put to it once.

    Attributes:
        requests: How many; 0 when none were recorded.
        defects: What was wrong with answers, or why there was none; the first few.

    """

    requests: int
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceSoFar:
    """Counts up to a moment; what lies before is never counted again.

    Attributes:
        epochs: One for each share the candidate had; equal shares are added up.
        watch: State of the e-CUSUM after promotion (``sluice.domain.evidence.watch``), empty before.
        counted_until: Whole minute up to which requests are in the counts; aware, UTC.
        slow_after_milliseconds: What counts as slow: the champion's p95 before the rollout; None while unknown.
        previewed: Of a preview stage; None before.
        shadowed: Of a shadow stage: captured answers compared; None before.

    """

    epochs: tuple[Epoch, ...] = ()
    watch: tuple[float, ...] = ()
    counted_until: datetime | None = None
    slow_after_milliseconds: float | None = None
    previewed: Previewed | None = None
    shadowed: Shadowed | None = None

    def with_epoch(self, epoch: Epoch, *, until: datetime) -> Self:
        """Add an epoch's counts to what was counted at the same share."""
        same = [each for each in self.epochs if each.share == epoch.share]
        others = tuple(each for each in self.epochs if each.share != epoch.share)
        return replace(self, epochs=(*others, sum_of(epoch, *same)), counted_until=until)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "epochs": [epoch.to_dict() for epoch in self.epochs],
            "watch": list(self.watch),
            "counted_until": self.counted_until.isoformat() if self.counted_until else None,
            "slow_after_milliseconds": self.slow_after_milliseconds,
            "previewed": asdict(self.previewed) if self.previewed else None,
            "shadowed": self.shadowed.to_dict() if self.shadowed else None,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or ValueError."""
        until, previewed, shadowed = form["counted_until"], form.get("previewed"), form.get("shadowed")
        return cls(
            epochs=tuple(Epoch.from_dict(epoch) for epoch in form["epochs"]),
            watch=tuple(form["watch"]),
            counted_until=datetime.fromisoformat(until) if until else None,
            slow_after_milliseconds=form["slow_after_milliseconds"],
            previewed=Previewed(previewed["requests"], tuple(previewed["defects"])) if previewed else None,
            shadowed=Shadowed.from_dict(shadowed) if shadowed else None,
        )


def sum_of(epoch: Epoch, *others: Epoch) -> Epoch:
    """Epochs of one share added up."""
    for other in others:
        epoch = epoch + other
    return epoch

"""By which rules is a rollout judged? Two margins, how often to be wrong, and what is too little to judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite, log
from types import MappingProxyType
from typing import Any, Self

from sluice.domain.errors import InvalidRules
from sluice.domain.evidence.counts import EventKind

# SLOW is 5 % by its definition; below 1 % the whole service has become faster than it was.
FLOOR_RATES: Mapping[EventKind, float] = MappingProxyType(
    {EventKind.ERRORS: 0.001, EventKind.SLOW: 0.01, EventKind.BREACHES: 0.001}
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Both margins are ratios of the challenger's rate of events to the champion's.

    Between the two margins a challenger may go either way: narrow the band to be asked less, widen it to decide sooner.

    Attributes:
        rollback_ratio: What is certainly above it is rolled back; 1 or more.
        promote_ratio: What is certainly below it is good enough; above 1, or an equal version could never be promoted.
        rollback_alpha: Most often that an acceptable version is rolled back, all kinds of events and looks together.
        promote_alpha: Most often that a version beyond ``promote_ratio`` is promoted.
        floor_rates: The kinds that are judged, each with the rate below which nothing is rolled back and everything is
            good enough: without events there is no ratio.
        min_requests: Of each variant, before anything passes.
        min_events: Of the challenger, before anything is rolled back: one client's burst is no evidence.
        min_minutes: Of comparison, before anything passes.
        slow_factor: How many times the champion's p95 a request may take before it counts as slow; 1 or more.
        least_slow_milliseconds: What takes less is never slow: nobody notices.
        mismatch_floor: How far the challenger's traffic may be from what was asked for, relative to that.

    """

    rollback_ratio: float = 1.0
    promote_ratio: float = 1.5
    rollback_alpha: float = 0.01
    promote_alpha: float = 0.05
    floor_rates: Mapping[EventKind, float] = field(default_factory=lambda: dict(FLOOR_RATES))
    min_requests: int = 100
    min_events: int = 5
    min_minutes: float = 5
    slow_factor: float = 1.0
    least_slow_milliseconds: float = 25.0
    mismatch_floor: float = 0.2

    def __post_init__(self) -> None:
        reasons = [reason for is_legal, reason in _conditions(self) if not is_legal]
        if reasons:
            raise InvalidRules("; ".join(reasons))

    @property
    def harm_boundary(self) -> float:
        """What the logarithm of the evidence for harm has to reach, in any one kind.

        One kind suffices to roll back, so the error is shared out among them (Bonferroni).
        """
        return log(len(self.floor_rates) / self.rollback_alpha)

    @property
    def promote_boundary(self) -> float:
        """What the logarithm of the evidence for "good enough" has to reach, in every kind.

        All kinds are needed to promote, so each may use the whole error (intersection-union test).
        """
        return -log(self.promote_alpha)

    def slow_after(self, p95_milliseconds: float) -> float:
        """After how many milliseconds a request is slow beside a champion of this p95."""
        return max(p95_milliseconds * self.slow_factor, self.least_slow_milliseconds)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "rollback_ratio": self.rollback_ratio,
            "promote_ratio": self.promote_ratio,
            "rollback_alpha": self.rollback_alpha,
            "promote_alpha": self.promote_alpha,
            "floor_rates": {kind.value: rate for kind, rate in self.floor_rates.items()},
            "min_requests": self.min_requests,
            "min_events": self.min_events,
            "min_minutes": self.min_minutes,
            "slow_factor": self.slow_factor,
            "least_slow_milliseconds": self.least_slow_milliseconds,
            "mismatch_floor": self.mismatch_floor,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form; what is left out is as by default. Raises InvalidRules."""
        defaults = cls().to_dict()
        if unknown := sorted(form.keys() - defaults.keys()):
            raise InvalidRules(f"rules are {', '.join(defaults)}, got {', '.join(unknown)}")
        values = defaults | dict(form)
        try:
            return cls(**{name: _READ[name](value) for name, value in values.items()})
        except (AttributeError, TypeError, ValueError) as error:
            raise InvalidRules(f"rules cannot be read: {error}") from error


def _rates(form: Mapping[str, Any]) -> dict[EventKind, float]:
    return {EventKind(kind): float(rate) for kind, rate in form.items()}


def _conditions(rules: Rules) -> list[tuple[bool, str]]:
    """What legal rules fulfil, each with the reason it is refused by."""
    rates = rules.floor_rates
    return [
        (
            isfinite(rules.rollback_ratio) and rules.rollback_ratio >= 1,
            f"rollback_ratio is at least 1, or an equal version would be rolled back, got {rules.rollback_ratio}",
        ),
        (
            isfinite(rules.promote_ratio) and rules.promote_ratio > 1,
            f"promote_ratio is above 1, or an equal version could never be promoted, got {rules.promote_ratio}",
        ),
        *(
            (0 < alpha <= 0.5, f"{name} is above 0 and at most 0.5, got {alpha}")  # noqa: PLR2004
            for name, alpha in (("rollback_alpha", rules.rollback_alpha), ("promote_alpha", rules.promote_alpha))
        ),
        (bool(rates), "floor_rates names the kinds of events to judge: at least one"),
        *(
            (0 < rate <= 0.5, f"floor_rates: {kind} is above 0 and at most 0.5, got {rate}")  # noqa: PLR2004
            for kind, rate in rates.items()
        ),
        (rules.min_requests >= 1, f"min_requests is at least 1: no data is never a pass, got {rules.min_requests}"),
        (rules.min_events >= 1, f"min_events is at least 1, got {rules.min_events}"),
        (
            isfinite(rules.min_minutes) and rules.min_minutes >= 0,
            f"min_minutes is 0 or more, got {rules.min_minutes}",
        ),
        (
            isfinite(rules.slow_factor) and rules.slow_factor >= 1,
            f"slow_factor is at least 1, or most of the champion's own requests would be slow, got {rules.slow_factor}",
        ),
        (
            isfinite(rules.least_slow_milliseconds) and rules.least_slow_milliseconds >= 0,
            f"least_slow_milliseconds is 0 or more, got {rules.least_slow_milliseconds}",
        ),
        (
            isfinite(rules.mismatch_floor) and rules.mismatch_floor >= 0,
            f"mismatch_floor is 0 or more, got {rules.mismatch_floor}",
        ),
    ]


_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(Rules().to_dict(), float),
    "floor_rates": _rates,
    "min_requests": int,
    "min_events": int,
}

"""How sure must a monitor be? As sure as few enough false alarms a month ask for, however often it looks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Self

from sluice.domain.errors import InvalidRules

_MOST_LEVELS = 12


@dataclass(frozen=True, slots=True)
class Rules:
    """What is judged to be drift.

    Attributes:
        false_alarms_per_30_days: At most so many looks a month, on average, find drift where there is none.
        looks_per_30_days: How often it is looked; 720 is hourly.
        levels: Each look judges the last 1, 2, 4, ... windows together, so many times; they share the error. More
            find what is small or rare, later.
        least_effect: What may drift without being told, as the square of standard deviations; 0.0025 is 0.05 of them.
        min_rows: Fewer rows are not judged.

    """

    false_alarms_per_30_days: float = 1.0
    looks_per_30_days: float = 720.0
    levels: int = 7
    least_effect: float = 0.0025
    min_rows: int = 50

    def __post_init__(self) -> None:
        reasons = [reason for is_legal, reason in _conditions(self) if not is_legal]
        if reasons:
            raise InvalidRules("; ".join(reasons))

    @property
    def q(self) -> float:
        """The error of one look at one level, all features and slices together."""
        return min(self.false_alarms_per_30_days / self.looks_per_30_days, 0.5) / self.levels

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form; what is left out is as by default. Raises InvalidRules."""
        defaults = cls().to_dict()
        if unknown := sorted(form.keys() - defaults.keys()):
            raise InvalidRules(f"drift rules are {', '.join(defaults)}, got {', '.join(map(str, unknown))}")
        wrong = [name for name, value in form.items() if isinstance(value, bool) or not isinstance(value, int | float)]
        if wrong:
            raise InvalidRules(f"drift rules are numbers, got something else for {', '.join(wrong)}")
        parts = [name for name in ("levels", "min_rows") if form.get(name, 1) % 1]
        if parts:
            raise InvalidRules(f"drift rules: {' and '.join(parts)} are whole numbers")
        return cls(**{name: type(defaults[name])(value) for name, value in (defaults | dict(form)).items()})


def _conditions(rules: Rules) -> list[tuple[bool, str]]:
    """What legal rules fulfil, each with the reason it is refused by."""
    alarms, looks = rules.false_alarms_per_30_days, rules.looks_per_30_days
    return [
        (isfinite(alarms) and alarms > 0, f"false_alarms_per_30_days is above 0, got {alarms}"),
        (isfinite(looks) and looks > 0, f"looks_per_30_days is above 0, got {looks}"),
        (
            1 <= rules.levels <= _MOST_LEVELS,
            f"levels is 1 to {_MOST_LEVELS}, got {rules.levels}",
        ),
        (0 <= rules.least_effect <= 1, f"least_effect is 0 to 1, got {rules.least_effect}"),
        (
            rules.min_rows >= 1,
            f"min_rows is at least 1: no data is never a pass, got {rules.min_rows}",
        ),
    ]

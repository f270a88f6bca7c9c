"""Is a version wrong more often than at training, and how far has the watch over its errors come?"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Loss:
    """A version is wrong more often than at training.

    Attributes:
        since: The hour in which that was found or, of a slice, the labels began to say so; aware, UTC.
        reason: In words, with the numbers.
        error_rate: Share of wrong answers when it was found.
        labels: Of how many; 0 where that was not written yet.

    """

    since: datetime
    reason: str
    error_rate: float
    labels: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "since": self.since.isoformat()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        return cls(**{**form, "since": datetime.fromisoformat(form["since"])})


@dataclass(frozen=True, slots=True)
class Bets:
    """How far the watch over a version's errors has come.

    Attributes:
        binning: Id of the bins by which labels are counted; with others it begins anew.
        rows: How many labels it has seen.
        errors: How many of them said that the answer was wrong.
        state: Logarithms of its bets: on a loss or, while there is one, on its end.
        came_at: When the last of them was counted; aware, UTC; None before the first.

    """

    binning: str
    rows: int = 0
    errors: int = 0
    state: tuple[float, ...] = ()
    came_at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "state": list(self.state), "came_at": self.came_at and self.came_at.isoformat()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        came_at = form["came_at"] and datetime.fromisoformat(form["came_at"])
        return cls(**{**form, "state": tuple(form["state"]), "came_at": came_at})

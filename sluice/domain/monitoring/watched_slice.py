"""How far has the watch over the errors of one slice come?"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from sluice.domain.monitoring.loss import Bets, Loss


class SliceTotal(NamedTuple):
    """All labels of a slice, as far as they are counted.

    Attributes:
        rows: How many.
        errors: How many of them say that the answer was wrong.

    """

    rows: int = 0
    errors: int = 0


class Run(NamedTuple):
    """Labels that speak for a loss: those since nothing spoke for one.

    Attributes:
        since: When the first of them was counted; aware, UTC.
        rows: How many labels there were before them.
        errors: How many of those said that the answer was wrong.

    """

    since: datetime
    rows: int
    errors: int


@dataclass(frozen=True, slots=True)
class WatchedSlice:
    """A slice whose labels are bet on.

    Attributes:
        column: Such as ``carrier``.
        value: Such as ``B6``.
        bets: How far the watch has come.
        run: The labels that speak for a loss so far; None where none do, and while there is a loss.
        loss: That there is one.

    """

    column: str
    value: str
    bets: Bets
    run: Run | None = None
    loss: Loss | None = None

    @property
    def where(self) -> str:
        """The slice, in words."""
        return f"{self.column} {self.value}"

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        run = self.run and {**self.run._asdict(), "since": self.run.since.isoformat()}
        return {**asdict(self), "bets": self.bets.to_dict(), "run": run, "loss": self.loss and self.loss.to_dict()}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises TypeError, ValueError or KeyError."""
        run, loss = form["run"], form["loss"]
        read = {
            "bets": Bets.from_dict(form["bets"]),
            "run": run and Run(**{**run, "since": datetime.fromisoformat(run["since"])}),
            "loss": loss and Loss.from_dict(loss),
        }
        return cls(**{**form, **read})

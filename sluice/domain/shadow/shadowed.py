"""What has a shadow answered beside the champion so far? Counts that add up, and the answers that differ most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sluice.domain.evidence.counts import Epoch, EventKind, Tally
from sluice.domain.replay import stored
from sluice.domain.replay.report import Outcome, Report

_BINS = 256  # of a record: quantiles are right within 1 % down to a 160th of the largest
# Each request goes to both. Another share than that of the metrics, in which breaches are not counted: added up, what
# was counted in only one of them would count in neither.
_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What a shadow answered to requests of which the champion's answer is known, too.

    Attributes:
        report: The requests by what came of comparing; rows, outputs, the worst. Copies that had nothing to be
            compared with are skipped, by reason.
        differing: Of the requests that count for the agreement, the shares of rows that differ, added up.
        checked: Requests of which both answers were held against the signature's guardrails.
        breaches: In how many of them the shadow's answer broke one.
        champions_breaches: In how many the champion's did.
        read_until: Key of the shadow's last captured file that is in it; empty when none is.

    """

    report: Report = field(default_factory=Report)
    differing: float = 0.0
    checked: int = 0
    breaches: int = 0
    champions_breaches: int = 0
    read_until: str = ""

    def __add__(self, other: Shadowed) -> Shadowed:
        return Shadowed(
            report=_narrowed(self.report + other.report),
            differing=self.differing + other.differing,
            checked=self.checked + other.checked,
            breaches=self.breaches + other.breaches,
            champions_breaches=self.champions_breaches + other.champions_breaches,
            read_until=max(self.read_until, other.read_until),
        )

    @property
    def requests(self) -> int:
        """How many requests count for the agreement: those compared, and those the shadow's answer would have failed.

        The champion's answer to each of them was fit to be passed on.
        """
        return sum(self.report.outcomes.get(outcome, 0) for outcome in (Outcome.COMPARED, Outcome.DEFECTIVE))

    @property
    def agreement(self) -> float | None:
        """The share of rows in which answers agree, every request counting the same; None where none does."""
        return 1 - self.differing / self.requests if self.requests else None

    @property
    def breaches_counted(self) -> Epoch:
        """The breaches of both, as evidence takes them."""
        mine, theirs = ({EventKind.BREACHES: count} for count in (self.breaches, self.champions_breaches))
        return Epoch(_SHARE, Tally(self.checked, mine), Tally(self.checked, theirs))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "report": stored.to_document(self.report),
            "differing": self.differing,
            "checked": self.checked,
            "breaches": self.breaches,
            "champions_breaches": self.champions_breaches,
            "read_until": self.read_until,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Shadowed:
        """Read the JSON form. Raises KeyError, TypeError or ValueError."""
        return cls(**{**form, "report": stored.from_document(form["report"])})


def _narrowed(report: Report) -> Report:
    outputs = {
        name: replace(tally, differences=tally.differences.narrowed(_BINS)) for name, tally in report.outputs.items()
    }
    return replace(report, outputs=outputs)

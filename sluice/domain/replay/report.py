"""How does a candidate compare with what was answered? Counts that add up, and the answers that differ most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

from sluice.domain.replay.compare import OutputTally
from sluice.domain.replay.inputs import Inputs
from sluice.domain.replay.sketch import Sketch

_MOST_EXAMPLES = 5


class Outcome(StrEnum):
    """What became of one request."""

    COMPARED = "compared"
    FAILED = "failed"  # the candidate gave no answer
    DEFECTIVE = "defective"  # its answer would not have been passed on
    REDACTED = "redacted"  # sensitive inputs were taken out of it: nobody knows any more what was asked
    MISFIT = "misfit"  # it does not fit the candidate's signature: the schema is another
    NO_ANSWER = "no_answer"  # none was captured, or none that can be read
    NOTHING_COMMON = "nothing_common"  # the answers have no output that both have


@dataclass(frozen=True, slots=True)
class Example:
    """One row that was answered in two ways.

    Attributes:
        prediction_id: The prediction's.
        row: Its number in the request.
        agrees: Whether the answers agree.
        difference: The largest between two numbers; infinite where only one is there.
        inputs: What was asked, by name.
        captured: What was answered, by output.
        candidate: What the candidate answers, by output.

    """

    prediction_id: str
    row: int
    agrees: bool
    difference: float
    inputs: Inputs
    captured: Mapping[str, Any]
    candidate: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """JSON form; a difference that is no number is null."""
        return {
            "prediction_id": self.prediction_id,
            "row": self.row,
            "agrees": self.agrees,
            "difference": self.difference if isfinite(self.difference) else None,
            "inputs": dict(self.inputs),
            "captured": dict(self.captured),
            "candidate": dict(self.candidate),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What some requests came to.

    Attributes:
        outcomes: Requests by what became of them.
        versions: Requests by the version that answered them; ``unknown`` where nothing tells it.
        skipped: Captured lines and files that were left out, by reason.
        rows: Rows that count for the agreement: those compared, and those of failed and defective requests.
        agreeing: In how many of them the answers agree.
        outputs: The comparison by output.
        milliseconds: How long the candidate took for each request that it answered.
        troubles: Some failures and defects, with the prediction's id.
        worst: The rows that differ most: those that do not agree first, then by the difference.

    """

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    agreeing: int = 0
    outputs: Mapping[str, OutputTally] = field(default_factory=dict)
    milliseconds: Sketch = field(default_factory=Sketch)
    troubles: tuple[str, ...] = ()
    worst: tuple[Example, ...] = ()

    def __add__(self, other: Report) -> Report:
        return Report(
            outcomes=Counter(self.outcomes) + Counter(other.outcomes),
            versions=Counter(self.versions) + Counter(other.versions),
            skipped=Counter(self.skipped) + Counter(other.skipped),
            rows=self.rows + other.rows,
            agreeing=self.agreeing + other.agreeing,
            outputs=_sum(self.outputs, other.outputs),
            milliseconds=self.milliseconds + other.milliseconds,
            troubles=(*self.troubles, *other.troubles)[:_MOST_EXAMPLES],
            worst=_worst((*self.worst, *other.worst)),
        )

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return sum(self.outcomes.values())

    @property
    def agreement(self) -> float | None:
        """The share of the rows in which the answers agree; None where nothing could be compared."""
        return self.agreeing / self.rows if self.rows else None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "requests": {outcome.value: self.outcomes.get(outcome, 0) for outcome in Outcome},
            "answered_by": dict(self.versions),
            "skipped": dict(self.skipped),
            "rows": self.rows,
            "agreeing": self.agreeing,
            "agreement": self.agreement,
            "outputs": {name: _output(tally) for name, tally in self.outputs.items()},
            "milliseconds": _amounts(self.milliseconds, p50=0.5, p95=0.95),
            "troubles": list(self.troubles),
            "worst": [example.to_dict() for example in self.worst],
        }


def _sum(these: Mapping[str, OutputTally], those: Mapping[str, OutputTally]) -> dict[str, OutputTally]:
    none = OutputTally()
    return {name: these.get(name, none) + those.get(name, none) for name in {**these, **those}}


def _worst(examples: tuple[Example, ...]) -> tuple[Example, ...]:
    differing = (example for example in examples if not example.agrees or example.difference > 0)
    return tuple(sorted(differing, key=lambda each: (each.agrees, -each.difference))[:_MOST_EXAMPLES])


def _output(tally: OutputTally) -> dict[str, Any]:
    return {
        "rows": tally.rows,
        "agreeing": tally.agreeing,
        "agreement": tally.agreeing / tally.rows if tally.rows else None,
        "difference": _amounts(tally.differences, p95=0.95),
    }


def _amounts(sketch: Sketch, **quantiles: float) -> dict[str, float] | None:
    if not sketch.n:
        return None
    return {
        "mean": sketch.mean,
        **{name: sketch.quantile(q) for name, q in quantiles.items()},
        "max": sketch.largest,
    }

"""What does a report tell? A reference, the windows after it, and what was found at the end of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sluice.domain.drift.finding import DriftFinding
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import Slice
from sluice.domain.drift.summary import Summary
from sluice.domain.monitoring.loss import Loss


@dataclass(frozen=True, slots=True)
class Look:
    """One window, and what was found at the look at its end, which judges the last 1, 2, 4, ... windows.

    Attributes:
        start: Of the window's time; None where windows are so many rows.
        end: Just after it.
        summary: Of its rows.
        findings: One for each feature and slice, the worst first; none where it was not judged.
        outcomes: Of its rows with a label, so far; None where there are none.
        slices: Of the rows of each slice that has some.
        slice_outcomes: Of those with a label.
        past: What the same hours of earlier weeks were asked, where the look compares with these; else None.

    """

    start: datetime | None
    end: datetime | None
    summary: Summary
    findings: tuple[DriftFinding, ...] = ()
    outcomes: Outcomes | None = None
    slices: Mapping[Slice, Summary] = field(default_factory=dict)
    slice_outcomes: Mapping[Slice, Outcomes] = field(default_factory=dict)
    past: Summary | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything a report tells.

    Attributes:
        title: What was watched, such as a model and its version.
        reference: What windows were compared with, but those that have a past of their own.
        looks: Of windows of equal length without gaps, oldest first; at least one.
        rules: By which they were judged.
        notes: What else a reader should know, in sentences.
        facts: What the report was made of, by name.
        losses: Of quality, that last, by the names of slices; that of all rows has no name.
        slice_outcomes: Of the reference's rows with a label in each slice, as far as they are known.

    """

    title: str
    reference: Reference
    looks: tuple[Look, ...]
    rules: Rules
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    losses: Mapping[str, Loss] = field(default_factory=dict)
    slice_outcomes: Mapping[Slice, Outcomes] = field(default_factory=dict)

    @property
    def by_week(self) -> bool:
        """Whether looks are compared with earlier weeks, one at least."""
        return any(look.past is not None for look in self.looks)

    def __post_init__(self) -> None:
        if not self.looks:
            raise ValueError("a story has at least one window")
